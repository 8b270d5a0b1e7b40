"""A browser as the stories use it: pages of people, of staff with a passkey, pictures, complaints."""

from playwright.sync_api import sync_playwright

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 800}


class Browser:
    """Chromium on the pages of one installation. `complaints` holds what broke since it was last asked."""

    def __init__(self, chromium, address, folder, pictures):
        self.address, self.folder, self.pictures = address, folder, pictures
        self.complaints = []
        self.playwright = sync_playwright().start()
        # The sandbox needs rights that root in a namespace of its own does not have.
        self.browser = self.playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        # Everyone but staff reads and fills in the pages without scripts.
        self.public = self._context(java_script_enabled=False)
        self.page = self.public.new_page()

    def close(self):
        self.browser.close()
        self.playwright.stop()

    def _context(self, **options):
        context = self.browser.new_context(viewport=WIDE, accept_downloads=True, **options)
        own = self.address

        def request(request):
            if not request.url.startswith((own, "data:", "blob:")):
                self.complaints.append(f"asked for {request.url}")

        def console(message):
            # A form that comes back with its mistakes says so by this status.
            if message.type in ("error", "warning") and "status of 422" not in message.text:
                self.complaints.append(f"the console: {message.text}")

        def page(page):
            page.on("console", console)
            page.on("pageerror", lambda error: self.complaints.append(f"a script failed: {error}"))

        context.on("request", request)
        context.on("page", page)
        return context

    def staff(self):
        """A page of somebody whose device holds a passkey."""
        self.page = self._context().new_page()
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        authenticator = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        session.send("WebAuthn.addVirtualAuthenticator", {"options": authenticator})

    def go(self, path, status=200):
        """Opens a page of the installation."""
        answer = self.page.goto(path if path.startswith("http") else self.address + path)
        assert answer.status == status, f"{path}: {answer.status}"

    def picture(self, name):
        """Two pictures of the page, as wide and as narrow screens show it."""
        for size, suffix in ((WIDE, ""), (NARROW, "-narrow")):
            self.page.set_viewport_size(size)
            self.page.screenshot(path=self.pictures / f"{name}{suffix}.png", full_page=True)
        over = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        self.page.set_viewport_size(WIDE)
        assert not over, f"{name} is wider than a narrow screen"

    def text(self):
        return self.page.locator("body").inner_text()

    def nothing_broke(self):
        complaints, self.complaints = self.complaints, []
        assert not complaints, complaints

    def submit(self, selector):
        """Sends a form and waits for the page that answers."""
        with self.page.expect_navigation():
            self.page.locator(selector).click()

    def download(self, selector, name):
        """Follows a download; answers the file's bytes."""
        with self.page.expect_download() as started:
            self.page.locator(selector).click()
        path = self.folder / name
        started.value.save_as(path)
        return path.read_bytes()
