// Applies the chosen theme before the first paint. A file of its own, because the content policy allows no
// inline script; keep in step with src/stores/theme.ts.
;(function () {
  var choice = null
  try {
    choice = localStorage.getItem('headframe.theme')
  } catch {
    // Storage may be forbidden: follow the system.
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
