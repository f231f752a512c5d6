// Conveniences only: everything that matters works without this file.

// Keys: the first visible thing with data-key is chosen or pressed. Never while somebody types.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
  if (document.body.dataset.shortcuts !== "on" || typing || event.ctrlKey || event.altKey || event.metaKey) return;
  const wanted = [...document.querySelectorAll("[data-key]")]
    .find((each) => each.dataset.key === event.key.toLowerCase() && each.offsetParent !== null);
  if (!wanted) return;
  event.preventDefault();
  wanted.focus();
  if (wanted.type === "radio") {
    wanted.checked = true;
    wanted.dispatchEvent(new Event("change", { bubbles: true }));
  } else {
    wanted.click();
  }
});

// The button says what it will do.
const decide = document.querySelector("form.decide");
decide?.addEventListener("change", () => {
  const words = (name) => decide.querySelector(`input[name=${name}]:checked`)?.dataset.says;
  const outcome = words("outcome");
  const service = decide.querySelector("#outcome").checked ? words("destination") : undefined;
  const button = decide.querySelector("[data-confirm]");
  if (outcome) button.querySelector("span").textContent = `Confirm: ${outcome}${service ? `, ${service}` : ""}`;
});

// Times that run.
const left = (until) => {
  const minutes = Math.floor((new Date(until) - Date.now()) / 60000);
  const count = minutes < 0 ? -minutes - 1 : minutes;
  const long = count < 1 ? "under 1 min" : count < 120 ? `${count} min`
    : count < 2880 ? `${Math.floor(count / 60)} h` : `${Math.floor(count / 1440)} days`;
  return minutes < 0 ? `${long} overdue` : `in ${long}`;
};
const tick = () => document.querySelectorAll("time[data-until]").forEach((time) => {
  const words = left(time.dateTime);
  if (time.textContent !== words) time.textContent = words;
});
setInterval(tick, 15000);

const undo = document.querySelector(".undo");
if (undo) {
  const running = setInterval(() => {
    const seconds = Math.ceil((new Date(undo.dataset.until) - Date.now()) / 1000);
    undo.querySelector(".hint").textContent = `${Math.max(seconds, 0)} seconds left`;
    if (seconds > 0) return;
    clearInterval(running);
    undo.querySelector("form").replaceWith("It can no longer be taken back here; a supervisor can open it again.");
  }, 1000);
}

// What is new, in one line. Nothing moves under the reader's hand and nothing takes the focus: a link shows it.
const news = document.querySelector("[data-news]");
if (news) {
  const listed = document.querySelector("main .counts") !== null;
  const title = document.title;
  const heard = new Map();
  let grown = false;

  const tell = (words, link) => {
    if (news.dataset.told === words) return;
    news.dataset.told = words;
    news.replaceChildren(words);
    if (link) {
      const show = Object.assign(document.createElement("a"), { href: link, textContent: "show" });
      news.append(": ", show);
    }
    document.title = words ? `(!) ${title}` : title;
  };

  const shown = ({ reference, version, escalated }) => {
    const row = document.querySelector(`li[data-reference="${CSS.escape(reference)}"]`);
    return row && Number(row.dataset.version) >= version && (!escalated || "escalated" in row.dataset);
  };

  const hear = (answer) => {
    Object.assign(news.dataset, { seen: answer.seen, at: answer.at });
    for (const moved of answer.moved) {
      if (moved.reference === news.dataset.reference) grown ||= moved.version > Number(news.dataset.version);
      else if (!moved.waiting) heard.delete(moved.reference);
      else if (!shown(moved)) heard.set(moved.reference, moved.escalated);
    }
    if (grown) return tell("This log has grown", location.href);
    const escalated = [...heard.values()].filter(Boolean).length;
    const fresh = listed ? heard.size - escalated : 0;
    const words = [fresh && `${fresh} new`, escalated && `${escalated} escalated`].filter(Boolean).join(", ");
    return tell(words, words && "/queue");
  };

  const ask = async () => {
    const { seen, at, reference } = news.dataset;
    try {
      const answer = await fetch(`/queue/news?${new URLSearchParams({ seen, at, ...reference && { reference } })}`);
      if (answer.status === 401) tell("You are signed out: open your address again");
      else if (answer.ok) hear(await answer.json());
      else throw new Error(answer.statusText);
    } catch {
      tell("Signpost does not answer. What you see may be old");
    }
  };
  setInterval(ask, Number(news.dataset.news) * 1000);
}
