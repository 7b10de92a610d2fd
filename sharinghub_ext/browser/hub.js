// Beside STAC Browser: who is signed in, and the ways in and out. The session is the hub's cookie, which scripts do not see.
"use strict";

(() => {
  const { publicUrl } = window.SHARINGHUB;
  const PLACE = "sharinghub-place";

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function wayIn() {
    const link = element("a", { href: `${publicUrl}/auth/login?next=/browser/`, textContent: "Sign in with GitLab" });
    // GitLab leads back to a path, and the place in the catalogue stands behind the #.
    link.addEventListener("click", () => sessionStorage.setItem(PLACE, location.hash));
    return [link];
  }

  function wayOut(username) {
    const form = element("form", { method: "post", action: `${publicUrl}/auth/logout?next=/browser/` });
    form.append(element("button", { type: "submit", textContent: "Sign out" }));
    return [element("span", { textContent: username }), form];
  }

  async function show() {
    const answer = await fetch(`${publicUrl}/auth/me`, { headers: { Accept: "application/json" } });
    const me = answer.ok ? await answer.json() : { signed_in: false };
    const inside = me.signed_in && me.by === "session" ? wayOut(me.username) : wayIn();
    document.body.append(element("nav", { id: "sharinghub-account", ariaLabel: "Account" }, ...inside));
  }

  const place = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  if (place && location.hash.length < 3) {
    location.replace(place);
  }
  document.addEventListener("DOMContentLoaded", show);
})();
