/** The colours of the style sheet, by order of the heaters. */
export const colourOf = (number) => `--heater-${number % 8}`;
