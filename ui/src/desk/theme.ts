// Light or dark before the first paint; loaded ahead of the page, so kept tiny.
const wanted = localStorage.getItem("slinga-theme") ?? "auto";
const dark = wanted === "dark" || (wanted === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
document.documentElement.classList.add("js");
