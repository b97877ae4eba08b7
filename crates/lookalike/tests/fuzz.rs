//! A bounded run of the fuzz target, on the stable compiler: the same inputs each time, grown from seeds by mutation.
//! `crates/lookalike/fuzz` runs the same under libFuzzer for as long as somebody likes.

mod anything;

const SEEDS: &[&str] = &[
    "https://user:pass@KRIPTOMAT.io:8443/a?b#c",
    "xn--kriptmt-7fg8j.io",
    "coinbase.com.evil.example\nc0inbase-login.com\r\n\n",
    "\"support@kriptomat.io\" <x@evil.example>",
    "https://t.me/kriptomat_official",
    "+386 1 555 01 23",
    "0x7f.1",
    "https://[2001:db8::1]:443/",
    "hxxps://kr\u{456}ptomat[.]io%2f\u{ad}\u{202e}",
    "<p class='a'>One &#111;ne &amp; <script>x</script><img src=data:,><a href=/sign-in>",
];
const RUNS: usize = 4_000;

/// A small generator of our own, so that a failing run can be run again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }
}

#[test]
fn any_bytes_are_answered() {
    let mut chance = Chance(20);
    let mut pool: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    for _ in 0..RUNS {
        let mut bytes = pool[chance.below(pool.len())].clone();
        for _ in 0..=chance.below(4) {
            let at = chance.below(bytes.len() + 1);
            match chance.below(5) {
                0 if at < bytes.len() => bytes[at] = u8::try_from(chance.below(256)).unwrap(),
                1 => bytes.insert(at, u8::try_from(chance.below(256)).unwrap()),
                2 if at < bytes.len() => {
                    bytes.remove(at);
                }
                3 => {
                    let other = &pool[chance.below(pool.len())];
                    let from = chance.below(other.len() + 1);
                    let piece = other[from..].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => {
                    let more = b".-@:/%\\[]xn--\xe2\x80\xae\xcc\x81"[chance.below(17)];
                    bytes.insert(at, more);
                }
            }
        }
        bytes.truncate(600);
        anything::read(&bytes);
        if pool.len() < 400 {
            pool.push(bytes);
        }
    }
}
