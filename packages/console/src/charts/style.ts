// How charts look: text and lines in the theme's colours, read from PatternFly's tokens so that they follow it.
import type { Theme } from '../state/theme.ts';

export interface ChartStyle {
  readonly theme: Theme;
  readonly text: string;
  readonly subtle: string;
  readonly line: string;
  readonly surface: string;
}

/** Fallbacks for where tokens cannot be read (tests). */
const FALLBACK: Readonly<Record<Theme, Omit<ChartStyle, 'theme'>>> = {
  light: { text: '#151515', subtle: '#4d4d4d', line: '#e0e0e0', surface: '#ffffff' },
  dark: { text: '#ffffff', subtle: '#c7c7c7', line: '#3c3f42', surface: '#292929' },
};

export const FONT = "'RedHatText', 'Red Hat Text', 'Noto Sans', Arial, sans-serif";

/** The style of a theme, as the page's tokens have it now. */
export function chartStyle(theme: Theme): ChartStyle {
  const fallback = FALLBACK[theme];
  if (typeof document === 'undefined') return { theme, ...fallback };
  const computed = getComputedStyle(document.documentElement);
  const token = (name: string, otherwise: string) =>
    computed.getPropertyValue(`--pf-t--global--${name}`).trim() || otherwise;
  return {
    theme,
    text: token('text--color--regular', fallback.text),
    subtle: token('text--color--subtle', fallback.subtle),
    line: token('border--color--subtle', fallback.line),
    surface: token('background--color--primary--default', fallback.surface),
  };
}
