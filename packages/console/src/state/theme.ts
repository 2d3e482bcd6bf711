// Light or dark: the system's choice until the person chooses otherwise, kept in this browser.
import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';

const STORED = 'weir.theme';
const DARK_CLASS = 'pf-v6-theme-dark';
const system = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function current(): Theme {
  const stored = localStorage.getItem(STORED);
  if (stored === 'light' || stored === 'dark') return stored;
  return system.matches ? 'dark' : 'light';
}

function apply(): void {
  document.documentElement.classList.toggle(DARK_CLASS, current() === 'dark');
  for (const listener of listeners) listener();
}

/** Sets the class before the first paint and follows the system from then on. */
export function startTheme(): void {
  system.addEventListener('change', apply);
  apply();
}

/** Chooses a theme. Choosing what the system has anyway goes back to following the system. */
export function chooseTheme(theme: Theme): void {
  if (theme === (system.matches ? 'dark' : 'light')) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, theme);
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, current);
}
