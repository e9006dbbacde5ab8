//! Names to addresses, public ones only: a name that somebody points at a private address does
//! not lead there.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::config::is_public;

/// Asks the system, and passes on what may be asked for a page.
pub(super) struct PublicAddresses;

/// The name has addresses, but none that is public.
#[derive(Debug)]
pub(super) struct NoPublicAddress;

impl fmt::Display for NoPublicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no public address")
    }
}

impl std::error::Error for NoPublicAddress {}

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = tokio::task::spawn_blocking(move || permitted(&name)).await??;
            match found {
                Some(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
                None => Err(NoPublicAddress.into()),
            }
        })
    }
}

/// The addresses of a name to which requests are sent; `None` where it has only others.
fn permitted(name: &str) -> io::Result<Option<Vec<SocketAddr>>> {
    // Port 0 stands for the port of the URL.
    let all = (name, 0).to_socket_addrs()?;
    let this_machine = name.eq_ignore_ascii_case("localhost");
    let kept: Vec<_> = all
        .map(|address| (address, address.ip()))
        .filter(|(_, ip)| if this_machine { ip.is_loopback() } else { is_public(*ip) })
        .map(|(address, _)| address)
        .collect();
    Ok((!kept.is_empty()).then_some(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_machines_own_name_leads_to_the_machine() {
        let own = permitted("localhost").unwrap().unwrap();
        assert!(own.iter().all(|address| address.ip().is_loopback()));
        // Numbers pass through the system's resolver as they are, without a network.
        assert!(permitted("127.0.0.1").unwrap().is_none());
        assert!(permitted("169.254.169.254").unwrap().is_none());
        assert!(permitted("10.1.2.3").unwrap().is_none());
        assert!(permitted("9.9.9.9").unwrap().is_some());
    }
}
