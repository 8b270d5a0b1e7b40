//! The package for reading: one page without scripts, styles from elsewhere, or pictures.

use super::{Cover, second, warnings};
use crate::opening::Disclosed;
use heliograph_vault::plaintext::Sighting;
use std::fmt::{self, Write};
use zeroize::Zeroizing;

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<title>Disclosure</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top }
.warning { border-left: .3rem solid #b00; padding-left: .8rem }
code { overflow-wrap: anywhere }
</style>
";

/// A text, escaped for a page.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c => f.write_char(c),
        })
    }
}

pub(super) fn render(cover: &Cover<'_>, disclosed: &Disclosed) -> Zeroizing<String> {
    let room = 16_384 + disclosed.addresses.len() * 400;
    let mut page = Zeroizing::new(String::with_capacity(room));
    write_page(&mut page, cover, disclosed).expect("a string takes any text");
    page
}

fn write_page(page: &mut String, cover: &Cover<'_>, disclosed: &Disclosed) -> fmt::Result {
    page.push_str(HEAD);
    write!(
        page,
        "<p><strong>Trust level: {}.</strong> {}</p>\n<h1>Disclosure to {}</h1>\n<table>\n",
        Text(cover.trust_level),
        Text(cover.trust_meaning),
        Text(cover.authority),
    )?;
    for (name, value) in [
        ("File reference", cover.file_reference),
        ("Order received", &cover.received.to_string()),
        ("About", cover.subject),
        ("From", &cover.from.to_string()),
        ("To", &cover.to.to_string()),
        ("Made", &cover.made.to_string()),
    ] {
        writeln!(page, "<tr><th>{name}</th><td>{}</td></tr>", Text(value))?;
    }
    page.push_str("</table>\n");
    for warning in warnings(disclosed, cover.proven) {
        writeln!(page, "<p class=\"warning\">{}</p>", Text(warning))?;
    }
    page.push_str("<h2>Phone number</h2>\n");
    match &disclosed.phone {
        Some(phone) => writeln!(
            page,
            "<p>+{}, proven by: {}</p>",
            phone.digits(),
            cover.proven.word()
        )?,
        None => page.push_str("<p>None.</p>\n"),
    }
    page.push_str("<h2>Addresses</h2>\n");
    if disclosed.addresses.is_empty() {
        page.push_str("<p>None.</p>\n");
    } else {
        page.push_str(
            "<p>All times are UTC.</p>\n<table>\n<tr><th>Address</th><th>First seen</th>\
             <th>Port</th><th>Last seen</th><th>Port</th></tr>\n",
        );
        for seen in &disclosed.addresses {
            let (first, last) = (seen.first(), seen.last());
            write!(page, "<tr><td>{}</td>", seen.ip())?;
            write_sighting(page, first)?;
            write_sighting(page, last)?;
            page.push_str("</tr>\n");
        }
        page.push_str("</table>\n");
    }
    write!(
        page,
        "<h2>How to check this</h2>\n<p>The request is entry {} and the opening entry {} of the \
         public log <code>{}</code>. <code>open.tlog-proof</code> proves it to \
         <code>heliograph-verify</code> and to other tools for C2SP logs; \
         <code>signature.txt</code> signs the hashes of the other files. The person concerned is \
         told as the order and the law allow.</p>\n</html>\n",
        cover.request,
        cover.open,
        Text(cover.origin),
    )
}

fn write_sighting(page: &mut String, sighting: Sighting) -> fmt::Result {
    write!(page, "<td>{}</td>", second(sighting.at_s))?;
    match sighting.port {
        0 => write!(page, "<td>not known</td>"),
        port => write!(page, "<td>{port}</td>"),
    }
}
