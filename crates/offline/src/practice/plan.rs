//! The page to print before the real ceremony.

/// Who brings what, in which order, what to compare, where shares live, and what to do at a loss
/// or theft.
pub fn one_page_plan(officers: u8, threshold: u8) -> String {
    let losses = match officers.saturating_sub(threshold) {
        0 => {
            "Nobody may be lost: with one share fewer no record opens again. Take a lower K.".into()
        }
        spare => format!(
            "Up to {spare} may be lost and records still open. Do not wait for the next: hold a\n  \
             refresh with those who are left (`heliograph-officer refresh`), and replace the lost\n  \
             one under a new number. The key stays the same; the old shares become worthless, and\n  \
             are destroyed when the refresh is in the log."
        ),
    };
    format!(
        "\
THE CEREMONY ON ONE PAGE                                   any {threshold} of {officers} officers

Who brings what
  Each of the {officers} officers: their own computer without a network, with heliograph-officer;
  a passphrase of at least six random words that exists nowhere else; a USB stick; where
  used, a hardware token with an age plugin. One of them also brings the trust policy (a file
  that names the log and its witnesses) and a printed copy of its SHA-256.

In which order
  1  each    heliograph-officer init --name NAME [--second-factor RECIPIENT]
  2  all     read the eight words of every card aloud, face to face, and compare
  3  each    heliograph-officer pin POLICY          (the same SHA-256 on every screen)
  4  one     heliograph-officer plan --threshold {threshold} CARD...      → plan.json
  5  each    heliograph-officer begin plan.json     compare the plan's eight words first
  6  each    heliograph-officer deal plan.json PACKETS of round 1
  7  each    heliograph-officer confirm plan.json PACKETS of round 2
  8  one     heliograph-officer draft plan.json PACKETS of round 3      → keys-entry.txt
  9  each    heliograph-officer sign-key plan.json keys-entry.txt
 10  one     heliograph-officer finish plan.json keys-entry.txt SIGNATURES
             → the entry for the log; the desk appends it on the same day
  A file that is wrong, late or someone else's is refused, and the sender is named. Then stop,
  find out why, and begin again with a new plan.

What to compare
  The eight words of each card (step 2), the SHA-256 of the policy (3), the eight words of the
  plan (5). Afterwards: that the log shows one `keys` entry with your name, signed by all.

Where shares live
  In each officer's folder, sealed by the passphrase and, where used, by the token as well.
  Keep one copy of the folder on a medium in another building. Nowhere else. Never in mail,
  never on the server, never two officers' shares in one place.

At a loss (a medium, a passphrase, a person)
  {losses}

At a theft, or a suspicion
  A refresh the same day makes the stolen share worthless. If {threshold} or more may be in one
  hand: a new ceremony with a new key; numbers are sealed anew as people sign in. Say so in
  public: the log shows that it happened.
"
    )
}
