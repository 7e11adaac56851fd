// The temperatures of one printer over half an hour, in columns of one point a second as the graph wants them. Bounded.

export const LONGEST_SECONDS = 1800;
const GAP_SECONDS = 15;

/** What a sensor is called among the heaters: a sensor may have the name of one. */
export const seriesName = (sensor) => `sensor ${sensor}`;

export class Series {
  constructor() {
    this.at = [];
    this.heaters = new Map();
    this.version = 0;
  }

  get names() {
    return [...this.heaters.keys()];
  }

  /** What the service kept (`temperature.history`). Replaces everything. */
  fill(history) {
    this.at = [];
    this.heaters = new Map();
    const points = [];
    for (const [name, told] of Object.entries(history)) {
      this.#columnsOf(name);
      told.at.forEach((at, i) => points.push([at, name, told.actual_celsius[i], told.target_celsius[i]]));
    }
    points.sort((one, other) => one[0] - other[0]);
    for (const [at, name, actual, target] of points) this.add(at, name, actual, target);
    this.version += 1;
  }

  /** One reading, at Unix seconds. Of several in one second the last counts; what is older than the end is left out. */
  add(at, name, actual, target) {
    const second = Math.floor(at);
    const last = this.at.length - 1;
    const columns = this.#columnsOf(name);
    if (last >= 0 && second < this.at[last]) return;
    if (last < 0 || second > this.at[last]) this.#begin(second);
    columns.actual[this.at.length - 1] = actual;
    columns.target[this.at.length - 1] = target;
    this.version += 1;
  }

  /** Rows for the graph: the moments, then for each heater its actual and its target values, for each sensor its values. */
  table(heaters, sensors = []) {
    const ofHeaters = heaters.flatMap((name) => {
      const { actual, target } = this.#columnsOf(name);
      return [actual, target];
    });
    return [this.at, ...ofHeaters, ...sensors.map((name) => this.#columnsOf(name).actual)];
  }

  #columnsOf(name) {
    let columns = this.heaters.get(name);
    if (!columns) {
      const nothing = () => new Array(this.at.length).fill(null);
      columns = { actual: nothing(), target: nothing() };
      this.heaters.set(name, columns);
    }
    return columns;
  }

  #begin(second) {
    const last = this.at.length - 1;
    const isGap = last >= 0 && second - this.at[last] > GAP_SECONDS;
    if (isGap) this.#append(this.at[last] + 1, false);
    this.#append(second, !isGap);
    const spare = this.at.findIndex((at) => at >= second - LONGEST_SECONDS);
    if (spare > 60) this.#drop(spare);
  }

  /** A heater that has not been told of yet in the second before keeps its value there, so that its line has no holes. */
  #append(second, isFilled) {
    const last = this.at.length - 1;
    this.at.push(second);
    for (const columns of this.heaters.values()) {
      for (const column of [columns.actual, columns.target]) {
        if (isFilled && last > 0 && column[last] === null) column[last] = column[last - 1] ?? null;
        column.push(null);
      }
    }
  }

  #drop(count) {
    this.at.splice(0, count);
    for (const columns of this.heaters.values()) {
      columns.actual.splice(0, count);
      columns.target.splice(0, count);
    }
  }
}
