// Runs before the first paint, so that nobody sees the wrong theme or a pane that jumps away.
(() => {
  const root = document.documentElement;
  for (const name of ["theme", "density", "list", "context"]) {
    try {
      const value = localStorage.getItem(`earful.${name}`);
      if (value && !(name === "context" && value === "over")) root.dataset[name] = value;
    } catch {
      return; // storage is off: the defaults are fine
    }
  }
})();
