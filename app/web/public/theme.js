// Before the first paint, so that a dark page never flashes white. The page itself does the same later (src/ui/theme.ts).
(function () {
  var kept = null;
  try {
    kept = localStorage.getItem('counterweight.theme');
  } catch (error) {
    // Storage may be forbidden; then the system decides.
  }
  var dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
