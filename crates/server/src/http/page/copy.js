// Puts a button on what people copy from this page. Without it they select the text themselves.
"use strict";

for (const source of document.querySelectorAll("pre, [data-copy] > code")) {
  const what = source.getAttribute("aria-label") ?? source.parentElement.getAttribute("data-copy");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  const say = (word) => {
    button.textContent = word;
    button.setAttribute("aria-label", `${word}: ${what}`);
  };
  say("Copy");
  button.addEventListener("click", async () => {
    say((await copied(source)) ? "Copied" : "Selected");
    setTimeout(say, 2000, "Copy");
  });
  source.before(button);
}

// Browsers give the clipboard to pages over TLS and of this machine; elsewhere the text is selected.
async function copied(source) {
  try {
    await navigator.clipboard.writeText(source.textContent.trimEnd());
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return false;
  }
}
