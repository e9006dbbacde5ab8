//! Signatures of Standard Webhooks: `v1,` and HMAC-SHA256 of identifier, time and body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::config::WebhookSecret;

/// One signature per secret, parted by spaces: whoever has any of them can check. `timestamp` is in
/// seconds.
pub(super) fn signatures(
    secrets: &[WebhookSecret],
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> String {
    let signed = secrets.iter().filter_map(|secret| {
        // A key of any length is one; what is refused signs nothing.
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal()).ok()?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    });
    signed.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{NotifySettings, RawNotify};

    fn secrets(text: &str) -> Vec<WebhookSecret> {
        let raw = RawNotify { secret: Some(text.into()), ..RawNotify::default() };
        NotifySettings::try_from(raw).unwrap().secrets
    }

    /// The vector that the libraries of the specification are tested with.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_signature_is_that_of_the_specification() {
        assert_eq!(signatures(&secrets(SECRET), ID, 1_614_265_330, BODY), SIGNATURE);
    }

    #[test]
    fn every_secret_signs_while_they_change() {
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let both = signatures(&secrets(&format!("{other} {SECRET}")), ID, 1_614_265_330, BODY);
        let (first, second) = both.split_once(' ').unwrap();
        assert!(first.starts_with("v1,") && first != SIGNATURE);
        assert_eq!(second, SIGNATURE);
    }

    #[test]
    fn every_part_is_signed() {
        let secrets = secrets(SECRET);
        for (id, timestamp, body) in [
            ("msg_p5jXN8AQM9LWM0D4loKWxJeK", 1_614_265_330, BODY),
            (ID, 1_614_265_331, BODY),
            (ID, 1_614_265_330, br#"{"test": 2432232315}"#),
        ] {
            assert_ne!(signatures(&secrets, id, timestamp, body), SIGNATURE);
        }
    }
}
