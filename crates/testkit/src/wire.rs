//! A wire to a server on this machine that can be cut: at once, or at the very moment that matters.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

/// What the wire does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Cut {
    /// It carries everything.
    Never,
    /// It carries nothing, and cuts who is connected.
    Always,
    /// It lets everybody connect and swallows what they say, and what is said to them. Neither end hears of it.
    Hole,
    /// The next time that the moment comes, it is cut before the server hears of it.
    BeforeOnce,
    /// The next time that the moment comes, it is cut when the server has answered, and the answer is lost.
    AfterOnce,
}

/// A port that leads to another.
pub struct Wire {
    /// The port.
    pub port: u16,
    cut: Arc<AtomicU8>,
    open: Arc<AtomicUsize>,
}

impl Wire {
    /// A wire to a port; the moment that matters is when the client says `moment`.
    pub fn to(port: u16, moment: &'static [u8]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port_here = listener.local_addr().expect("it listens").port();
        let wire = Self { port: port_here, cut: Arc::default(), open: Arc::default() };
        let (cut, open) = (wire.cut.clone(), wire.open.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if cut.load(Ordering::SeqCst) == Cut::Always as u8 {
                    continue;
                }
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
                carry(client, server, moment, (cut.clone(), open.clone()));
            }
        });
        wire
    }

    /// Does this from now on.
    pub fn set(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }

    /// How many clients are connected.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

fn carry(client: TcpStream, server: TcpStream, moment: &'static [u8], (cut, open): (Arc<AtomicU8>, Arc<AtomicUsize>)) {
    let (silent, swallowed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (there, back) = (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
    // What was swallowed once makes nonsense of what follows, so the rest is swallowed too.
    let swallows = move |cut: &AtomicU8| {
        swallowed.fetch_or(cut.load(Ordering::SeqCst) == Cut::Hole as u8, Ordering::SeqCst);
        swallowed.load(Ordering::SeqCst)
    };
    let (silenced, severed, swallows_too) = (silent.clone(), cut.clone(), swallows.clone());
    std::thread::spawn(move || {
        pass(&server, &client, |_| {
            if silenced.load(Ordering::SeqCst) || severed.load(Ordering::SeqCst) == Cut::Always as u8 {
                Passing::Cut
            } else if swallows_too(&severed) {
                Passing::Swallow
            } else {
                Passing::On
            }
        });
    });
    open.fetch_add(1, Ordering::SeqCst);
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
            if once(Cut::BeforeOnce) || cut.load(Ordering::SeqCst) == Cut::Always as u8 {
                Passing::Cut
            } else if swallows(&cut) {
                Passing::Swallow
            } else {
                Passing::On
            }
        });
        open.fetch_sub(1, Ordering::SeqCst);
    });
}

enum Passing {
    On,
    Swallow,
    Cut,
}

/// Passes bytes on, or swallows them, until they are to be cut; then both ends are. An end whose words are swallowed goes
/// without the other's hearing of it.
fn pass(mut from: &TcpStream, mut to: &TcpStream, mut carries: impl FnMut(&[u8]) -> Passing) {
    let mut bytes = [0; 16 * 1024];
    let mut swallowed = false;
    while let Ok(count) = from.read(&mut bytes) {
        if count == 0 {
            break;
        }
        match carries(&bytes[..count]) {
            Passing::On if to.write_all(&bytes[..count]).is_ok() => {}
            Passing::Swallow => swallowed = true,
            Passing::On | Passing::Cut => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    if !swallowed {
        let _ = to.shutdown(Shutdown::Both);
    }
}
