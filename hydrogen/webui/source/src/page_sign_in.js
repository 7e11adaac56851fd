import { texts } from "./texts.js";
import { html, page, useModel, useState } from "./ui.js";

function wordFor(error) {
  if (error.code === "auth_failed") return texts.signIn.wrong;
  if (error.code === "rate_limited") return texts.signIn.tooOften(error.details.retry_after_seconds ?? 1);
  if (error.code === "forbidden") return texts.signIn.forbidden;
  if (error.code === "service_unreachable") return texts.signIn.unreachable;
  return error.message;
}

function useSignIn() {
  const [state, setState] = useState({ isRunning: false, refusal: "" });
  const signIn = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const key = form.elements.key.value.trim();
    if (!key) return;
    setState({ isRunning: true, refusal: "" });
    try {
      await page.client.signIn(key, form.elements.remember?.checked ?? page.client.sessions.isRemembered);
      form.reset?.();
      setState({ isRunning: false, refusal: "" });
    } catch (error) {
      setState({ isRunning: false, refusal: wordFor(error) });
    }
  };
  return { ...state, signIn };
}

export function SignInPage() {
  const because = useModel((model) => model.signedOutBecause);
  const { isRunning, refusal, signIn } = useSignIn();
  const told = refusal || (because === "forbidden" ? texts.signIn.forbidden : because ? texts.signIn.ended : "");
  return html`
    <main class="sign-in" id="content">
      <form class="card" onSubmit=${signIn}>
        <div class="brand"><span class="mark" aria-hidden="true" /><h1>${texts.name}</h1></div>
        <label class="field"><span>${texts.signIn.key}</span>
          <input name="key" type="password" autocomplete="current-password" autofocus required aria-describedby="key-hint" /></label>
        <p class="hint" id="key-hint">${texts.signIn.keyHint}</p>
        <label class="check"><input name="remember" type="checkbox" /><span>${texts.signIn.remember}</span></label>
        ${told && html`<p class="refusal" role="alert">${told}</p>`}
        <button class="button primary wide" type="submit" disabled=${isRunning}><span>${isRunning ? texts.signIn.goes : texts.signIn.go}</span></button>
      </form>
    </main>`;
}

/** Shown in the session's last minute: a new token goes to the open connection, nothing is interrupted. */
export function RenewBar() {
  const expiresAt = useModel((model) => model.expiresAt);
  const { isRunning, refusal, signIn } = useSignIn();
  if (!expiresAt) return null;
  return html`
    <form class="bar warn" role="alert" onSubmit=${signIn}>
      <label>${texts.signIn.renew} <input name="key" type="password" autocomplete="current-password" required /></label>
      ${refusal && html`<span class="refusal">${refusal}</span>`}
      <button class="button primary" type="submit" disabled=${isRunning}><span>${texts.signIn.renewGo}</span></button>
    </form>`;
}
