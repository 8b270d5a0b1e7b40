//! Passkeys: the one way to sign in.
//!
//! The challenge of a ceremony travels with the page, sealed under a key that lives as long as the
//! process. So whoever asks for sign-in pages by the million fills no memory of ours. It counts for
//! five minutes and once: the ids of those that were used are kept until then.

use crate::{Installation, InstallationError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use heliograph_desk_store::StaffId;
use heliograph_disclosure::Entropy;
use heliograph_vault::seal::{NONCE_BYTES, SealKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

/// How long a page can be used to register or sign in, in seconds.
const CEREMONY_S: u64 = 300;

/// Everything about passkeys that a process holds.
pub(crate) struct Passkeys {
    webauthn: Webauthn,
    key: SealKey,
    /// Ceremonies that were used, and until when they would count.
    used: Mutex<BTreeMap<[u8; 16], u64>>,
}

/// Why a passkey was not accepted. Says nothing of who was meant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasskeyError {
    /// The page is too old, was used before, or is not of ours.
    #[error("the page has expired")]
    Expired,
    /// What the browser sent is no credential.
    #[error("no credential")]
    Malformed,
    /// The credential does not hold.
    #[error(transparent)]
    Refused(#[from] WebauthnError),
}

/// What a page needs to begin: options for the browser, and the sealed state to send back.
pub(crate) struct Ceremony {
    /// JSON for `navigator.credentials`.
    pub options: String,
    /// The sealed state.
    pub state: String,
}

#[derive(Serialize, Deserialize)]
struct State<T> {
    id: [u8; 16],
    expires_s: u64,
    inner: T,
}

impl Passkeys {
    /// Binds passkeys to the installation's host.
    pub fn new(
        installation: &Installation,
        entropy: &dyn Entropy,
    ) -> Result<Self, InstallationError> {
        let refused = |error: WebauthnError| InstallationError::Passkeys(error.to_string());
        let webauthn = WebauthnBuilder::new(installation.domain(), installation.origin())
            .map_err(refused)?
            .rp_name("Heliograph desk")
            .build()
            .map_err(refused)?;
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Ok(Self {
            webauthn,
            key: SealKey::new(key),
            used: Mutex::new(BTreeMap::new()),
        })
    }

    /// Begins a registration. `invitation` is what the page's link was checked against; the answer
    /// counts for the same one only.
    pub fn begin_registration(
        &self,
        id: StaffId,
        name: &str,
        invitation: &[u8; 32],
        entropy: &dyn Entropy,
        now_s: u64,
    ) -> Result<Ceremony, PasskeyError> {
        let user = Uuid::from_bytes(id.0);
        let (challenge, state) = self
            .webauthn
            .start_passkey_registration(user, name, name, None)?;
        let mut options =
            serde_json::to_value(&challenge.public_key).map_err(|_| PasskeyError::Malformed)?;
        // Nobody types a name at sign-in, so the authenticator must know whose the key is.
        if let Some(selection) = options.get_mut("authenticatorSelection") {
            selection["residentKey"] = "required".into();
            selection["requireResidentKey"] = true.into();
        }
        Ok(Ceremony {
            options: options.to_string(),
            state: self.seal(&purpose(b"register", invitation), state, entropy, now_s),
        })
    }

    /// Ends a registration.
    pub fn finish_registration(
        &self,
        invitation: &[u8; 32],
        state: &str,
        credential: &str,
        now_s: u64,
    ) -> Result<Passkey, PasskeyError> {
        let state: PasskeyRegistration =
            self.open(&purpose(b"register", invitation), state, now_s)?;
        let credential: RegisterPublicKeyCredential =
            serde_json::from_str(credential).map_err(|_| PasskeyError::Malformed)?;
        Ok(self
            .webauthn
            .finish_passkey_registration(&credential, &state)?)
    }

    /// Begins a sign-in, of whoever it may be.
    pub fn begin_sign_in(
        &self,
        entropy: &dyn Entropy,
        now_s: u64,
    ) -> Result<Ceremony, PasskeyError> {
        let (challenge, state) = self.webauthn.start_discoverable_authentication()?;
        let options =
            serde_json::to_string(&challenge.public_key).map_err(|_| PasskeyError::Malformed)?;
        Ok(Ceremony {
            options,
            state: self.seal(b"sign-in", state, entropy, now_s),
        })
    }

    /// Reads what the browser sent at sign-in: the credential, and whose it says it is.
    pub fn identify(&self, credential: &str) -> Result<(SignIn, StaffId), PasskeyError> {
        let credential: PublicKeyCredential =
            serde_json::from_str(credential).map_err(|_| PasskeyError::Malformed)?;
        let (user, _) = self
            .webauthn
            .identify_discoverable_authentication(&credential)?;
        let id = StaffId(*user.as_bytes());
        Ok((SignIn(credential), id))
    }

    /// Ends a sign-in with the passkeys of the person it says it is. Moves the counter of the one
    /// that was used on.
    pub fn finish_sign_in(
        &self,
        state: &str,
        sign_in: &SignIn,
        passkeys: &mut [Passkey],
        now_s: u64,
    ) -> Result<(), PasskeyError> {
        let state: DiscoverableAuthentication = self.open(b"sign-in", state, now_s)?;
        let own = passkeys
            .iter_mut()
            .find(|passkey| passkey.cred_id().as_slice() == sign_in.0.get_credential_id());
        let passkey = own.ok_or(PasskeyError::Malformed)?;
        let result = self
            .webauthn
            .finish_discoverable_authentication_v2(&sign_in.0, state, &*passkey)?;
        passkey.update_credential(&result);
        Ok(())
    }

    fn seal<T: Serialize>(
        &self,
        purpose: &[u8],
        inner: T,
        entropy: &dyn Entropy,
        now_s: u64,
    ) -> String {
        let (mut id, mut nonce) = ([0; 16], [0; NONCE_BYTES]);
        entropy.fill(&mut id);
        entropy.fill(&mut nonce);
        let state = State {
            id,
            expires_s: now_s + CEREMONY_S,
            inner,
        };
        let text = serde_json::to_vec(&state).expect("the library's states become JSON");
        URL_SAFE_NO_PAD.encode(self.key.seal(nonce, purpose, &text))
    }

    fn open<T: DeserializeOwned>(
        &self,
        purpose: &[u8],
        sealed: &str,
        now_s: u64,
    ) -> Result<T, PasskeyError> {
        let sealed = URL_SAFE_NO_PAD
            .decode(sealed)
            .map_err(|_| PasskeyError::Expired)?;
        let text = self
            .key
            .open(purpose, &sealed)
            .map_err(|_| PasskeyError::Expired)?;
        let state: State<T> = serde_json::from_slice(&text).map_err(|_| PasskeyError::Expired)?;
        if now_s >= state.expires_s {
            return Err(PasskeyError::Expired);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, expires_s| now_s < *expires_s);
        if used.insert(state.id, state.expires_s).is_some() {
            return Err(PasskeyError::Expired);
        }
        Ok(state.inner)
    }
}

/// A credential that somebody sent to sign in.
pub(crate) struct SignIn(PublicKeyCredential);

fn purpose(what: &[u8], invitation: &[u8; 32]) -> Vec<u8> {
    [what, invitation].concat()
}
