// Keeping the place of a reader whose page is shown anew: the focused element, by its id, and the caret.

/** Runs `showAnew` and puts the focus back where it was, if that is still there. */
export function keepingFocus(showAnew) {
  const { id, selectionStart, selectionEnd } = document.activeElement ?? {};
  showAnew();
  const again = id && document.getElementById(id);
  if (!again || again === document.activeElement) return;
  again.focus({ preventScroll: true });
  if (selectionStart != null) again.setSelectionRange(selectionStart, selectionEnd);
}
