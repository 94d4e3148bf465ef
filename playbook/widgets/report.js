(() => {
  const box = document.getElementById("filters");
  if (!box) return;
  box.hidden = false;
  const rows = [...document.querySelectorAll("#case-rows tr")];
  const fields = [...box.querySelectorAll("[data-field]")];
  const told = box.querySelector("output");
  const fits = (row, field) =>
    !field.value ||
    (field.type === "search"
      ? row.textContent.toLowerCase().includes(field.value.toLowerCase())
      : (row.dataset[field.dataset.field] || "").split("\n").includes(field.value));
  const show = () => {
    let count = 0;
    for (const row of rows) {
      row.hidden = !fields.every((field) => fits(row, field));
      count += !row.hidden;
    }
    told.value = told.dataset.text.replace("{shown}", count).replace("{all}", rows.length);
  };
  box.addEventListener("input", show);
  show();
})();
