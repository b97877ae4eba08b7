//! A wire to a server on this machine that can be cut: at once, or at the very moment that matters.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// What the wire does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Cut {
    /// It carries everything.
    Never,
    /// It carries nothing, and cuts who is connected.
    Always,
    /// The next time that the moment comes, it is cut before the server hears of it.
    BeforeOnce,
    /// The next time that the moment comes, it is cut when the server has answered, and the answer is lost.
    AfterOnce,
}

/// A port that leads to another.
pub(crate) struct Wire {
    pub(crate) port: u16,
    cut: Arc<AtomicU8>,
}

impl Wire {
    /// A wire to a port; the moment that matters is when the client says `moment`.
    pub(crate) fn to(port: u16, moment: &'static [u8]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let wire = Self { port: listener.local_addr().expect("it listens").port(), cut: Arc::default() };
        let cut = wire.cut.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if cut.load(Ordering::SeqCst) == Cut::Always as u8 {
                    continue;
                }
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
                carry(client, server, moment, cut.clone());
            }
        });
        wire
    }

    pub(crate) fn set(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }
}

fn carry(client: TcpStream, server: TcpStream, moment: &'static [u8], cut: Arc<AtomicU8>) {
    let silent = Arc::new(AtomicBool::new(false));
    let (there, back) = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
    let (silenced, severed) = (silent.clone(), cut.clone());
    std::thread::spawn(move || {
        pass(&server, &client, |_| {
            !silenced.load(Ordering::SeqCst) && severed.load(Ordering::SeqCst) != Cut::Always as u8
        });
    });
    std::thread::spawn(move || {
        let mut said = Vec::new();
        pass(&there, &back, |bytes| {
            // The moment may lie across two packets, and comes once: what is kept is too short to hold it.
            said.drain(..said.len().saturating_sub(moment.len() - 1));
            said.extend_from_slice(bytes);
            let now = said.windows(moment.len()).any(|window| window == moment);
            let once = |what: Cut| {
                now && cut.compare_exchange(what as u8, Cut::Never as u8, Ordering::SeqCst, Ordering::SeqCst).is_ok()
            };
            if once(Cut::AfterOnce) {
                silent.store(true, Ordering::SeqCst);
            }
            !once(Cut::BeforeOnce) && cut.load(Ordering::SeqCst) != Cut::Always as u8
        });
    });
}

/// Passes bytes on while `carries` says so; then both ends are cut.
fn pass(mut from: &TcpStream, mut to: &TcpStream, mut carries: impl FnMut(&[u8]) -> bool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count) = from.read(&mut bytes) {
        if count == 0 || !carries(&bytes[..count]) || to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
