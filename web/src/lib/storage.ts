/** Small settings in the browser. Where storage is forbidden, they last as long as the page. */

const fallback = new Map<string, string>();

export function loadSetting(key: string): string | null {
  try {
    return localStorage.getItem(`hedgerow.${key}`);
  } catch {
    return fallback.get(key) ?? null;
  }
}

export function saveSetting(key: string, value: string): void {
  try {
    localStorage.setItem(`hedgerow.${key}`, value);
  } catch {
    fallback.set(key, value);
  }
}
