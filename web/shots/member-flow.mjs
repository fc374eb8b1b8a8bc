// Members in one browser each, over a server that wants a key from everybody: one signs in and asks, one may only
// look, one with fewer rights than the asker approves and takes it back, and all that is signed with their names.

/** The steps that fail as texts; none where all went well. `picture` takes one and checks it. */
export async function playMembers(browser, base, keys, picture) {
  const problems = [];
  const open = [];
  const enter = async (name, path = "/") => {
    // A context of its own has cookies of its own.
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
    const page = await context.newPage();
    page.on("pageerror", (error) => problems.push(`${name}: page error: ${error.message}`));
    open.push({ name, context, page });
    await page.goto(`${base}${path}`, { waitUntil: "load" });
    return page;
  };
  const signIn = async (page, key) => {
    await page.getByRole("textbox", { name: "Key" }).fill(key);
    await page.keyboard.press("Enter");
  };
  const name = "quick-search";
  try {
    const asker = await enter("asker");
    await signIn(asker, "hr_wrong");
    await asker.getByRole("alert").waitFor();
    await picture(asker, "sign-in", problems);
    await signIn(asker, keys.asker);
    await asker.getByRole("button", { name: "Signed in as asker" }).waitFor();
    const cookies = await asker.context().cookies();
    const session = cookies.find((cookie) => cookie.name.startsWith("hedgerow_session"));
    if (!session?.httpOnly || session.sameSite !== "Strict") problems.push("scripts or other sites get the cookie");
    await asker
      .getByRole("textbox", { name: "Your question" })
      .fill(`create a flag ${name} for 10% of users and turn it on`);
    await asker.keyboard.press("Enter");
    await asker.locator("[data-approval='open']").waitFor();
    const focused = await asker.evaluate(() => document.activeElement?.getAttribute("data-approval"));
    if (focused !== "open") problems.push("the keyboard does not go to what waits for approval");
    const path = new URL(asker.url()).pathname;

    const viewer = await enter("viewer", path);
    await signIn(viewer, keys.viewer);
    await viewer.locator("[data-approval='open'] [data-lacks='run:write']").waitFor();
    if (await viewer.getByRole("button", { name: "Approve" }).count()) problems.push("a viewer is offered to approve");
    if (await viewer.getByRole("textbox", { name: "Your question" }).count())
      problems.push("a viewer is offered to ask");
    await picture(viewer, "viewer", problems);
    await viewer.goto(`${base}/objects/feature_flag`, { waitUntil: "load" });
    await viewer.getByRole("heading", { name: "Feature flags" }).waitFor();
    await viewer.getByRole("button", { name: "Signed in as viewer" }).waitFor();
    if (await viewer.getByRole("button", { name: "New" }).count()) problems.push("a viewer is offered to make a flag");

    const approver = await enter("approver", path);
    await signIn(approver, keys.approver);
    const card = approver.locator("[data-approval='open']");
    await card.getByRole("button", { name: "Approve" }).click();
    await approver.locator("[data-undo='ready']").waitFor();
    await picture(approver, "approved", problems);

    await asker.reload({ waitUntil: "load" });
    await asker.locator("[data-approval='decided']").getByText("approver approved it").waitFor();

    const undo = approver.locator("[data-undo]");
    await undo.getByRole("button", { name: "Undo" }).click();
    await approver.getByRole("region", { name: "Take this back?" }).waitFor();
    await picture(approver, "undo", problems);
    const flags = async () =>
      (await (await approver.request.get(`${base}/api/projects/${keys.project}/objects?kind=feature_flag`)).json())
        .data;
    const [made] = (await flags()).filter((flag) => flag.name === name);
    if (!made) problems.push("what was shown only was taken back already");
    if (made?.created_by.name !== "approver") problems.push(`it is signed by ${made?.created_by.name}`);
    await approver.getByRole("button", { name: "Take it back" }).click();
    await approver.locator("[data-undo='undone']").waitFor();
    if ((await flags()).some((flag) => flag.name === name)) problems.push("undo left the flag behind");

    await approver.getByRole("button", { name: "Signed in as approver" }).click();
    await picture(approver, "account", problems);
    await approver.getByRole("button", { name: "Sign out" }).click();
    await approver.getByRole("textbox", { name: "Key" }).waitFor();
    const status = (await approver.request.get(`${base}/api/projects`)).status();
    if (status !== 401) problems.push(`after signing out, the projects answer ${status}`);
  } catch (error) {
    problems.push(String(error.message).split("\n")[0]);
    for (const { page, name: who } of open) await picture(page, `${who}-stuck`, []);
  }
  for (const { context } of open) await context.close();
  return problems;
}
