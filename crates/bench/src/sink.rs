//! A mail server that takes every letter and keeps none, so that notices are really sent while we measure.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use anyhow::Result;

/// Starts it and answers its port. It ends with the process.
pub(crate) fn start() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A connection that breaks is the client's affair: it will come again.
            thread::spawn(move || drop(take_letters(&connection)));
        }
    });
    Ok(port)
}

fn take_letters(mut connection: &TcpStream) -> std::io::Result<()> {
    connection.write_all(b"220 sink.example\r\n")?;
    let mut lines = BufReader::new(connection).split(b'\n');
    let mut in_letter = false;
    while let Some(line) = lines.next().transpose()? {
        let answer: &[u8] = match (in_letter, line.as_slice()) {
            (true, b".\r") => {
                in_letter = false;
                b"250 taken\r\n"
            }
            (true, _) => continue,
            (false, b"DATA\r") => {
                in_letter = true;
                b"354 go on\r\n"
            }
            (false, b"QUIT\r") => b"221 bye\r\n",
            (false, _) => b"250 ok\r\n",
        };
        connection.write_all(answer)?;
    }
    Ok(())
}
