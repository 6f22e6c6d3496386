// Small comforts. Every page works without this file.
(function () {
  "use strict";

  // A form is sent once; the server would answer a second one the same way, but a person should see it.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    var button = event.submitter;
    if (form.method === "post" && !form.hasAttribute("data-again")) {
      form.dataset.sent = "1";
      if (button) { button.setAttribute("aria-disabled", "true"); button.dataset.label = button.textContent; button.textContent = "正在办理…"; }
    }
  });
  // Coming back with the browser's own button finds the form as it was.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
    document.querySelectorAll("[data-label][aria-disabled]").forEach(function (button) {
      button.removeAttribute("aria-disabled");
      button.textContent = button.dataset.label;
    });
  });

  // Choosing lines: the count beside the buttons, and one box for the whole page.
  document.querySelectorAll("form[data-picks]").forEach(function (form) {
    var said = form.querySelector("[data-picked]");
    function boxes() { return Array.from(document.querySelectorAll('input[name="claim"][form="' + form.id + '"]')); }
    function count() {
      var all = boxes(), picked = all.filter(function (box) { return box.checked; });
      all.forEach(function (box) { box.closest("tr").classList.toggle("chosen", box.checked); });
      if (said) { said.textContent = picked.length ? "已选 " + picked.length + " 条" : form.dataset.picks || "不勾选，即对全部待办条目办理"; }
      var master = document.querySelector("[data-pick-all]");
      if (master) { master.checked = picked.length > 0 && picked.length === all.length; master.indeterminate = picked.length > 0 && picked.length < all.length; }
    }
    document.addEventListener("change", function (event) {
      if (event.target.hasAttribute("data-pick-all")) {
        boxes().forEach(function (box) { box.checked = event.target.checked; });
      }
      count();
    });
    count();
  });
  document.querySelectorAll("[data-needs-script]").forEach(function (element) { element.hidden = false; });

  // "/" goes to the search field of the page.
  document.addEventListener("keydown", function (event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) { return; }
    var field = document.querySelector("[data-search]");
    if (field) { event.preventDefault(); field.focus(); }
  });
})();
