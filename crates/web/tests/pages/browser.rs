//! A browser without a screen or a socket: it keeps cookies, sends forms from our own pages and reads HTML.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use domain::Span;
use domain::activity::{Place, Spot};
use testkit::World;
use tower::ServiceExt;
use web::{Guesses, Peer, SiteSettings, Web};

/// A site in a world.
pub(crate) struct Site {
    pub(crate) world: World,
    router: Router,
}

/// Takes every browser at its word and knows two towns.
struct Literal;

impl Guesses for Literal {
    fn browser(&self, user_agent: &str) -> Option<String> {
        Some(user_agent.to_owned())
    }
    fn place(&self, ip: IpAddr) -> Option<Place> {
        let (text, country, latitude, longitude) = match ip {
            HOME => ("Hamburg, Germany", "DE", 53.55, 10.0),
            ABROAD => ("Lisbon, Portugal", "PT", 38.72, -9.14),
            _ => return None,
        };
        Some(Place { country: country.parse().ok(), spot: Spot::at(latitude, longitude), ..Place::named(text) })
    }
}

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 24));
const ABROAD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 51));
const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 66));

impl Site {
    pub(crate) fn new(world: World) -> Self {
        let web = Web::new(world.app.clone(), SiteSettings::default(), Box::new(Literal));
        let router = web::routes::router(&web);
        Self { world, router }
    }

    /// A site that leads back to this path of the exchange's own.
    pub(crate) fn with_return_path(world: World, path: &str) -> Self {
        let settings = SiteSettings { return_paths: vec![path.parse().expect("a path")], ..SiteSettings::default() };
        let web = Web::new(world.app.clone(), settings, Box::new(Literal));
        Self { world, router: web::routes::router(&web) }
    }

    /// A browser at home.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { site: self, cookies: BTreeMap::new(), name: "Firefox 145 on Windows", ip: HOME }
    }

    /// A browser somewhere else.
    pub(crate) fn other_browser(&self) -> Browser<'_> {
        Browser { name: "Chrome 143 on Linux", ip: ELSEWHERE, ..self.browser() }
    }

    /// The path of the link behind the button of the newest letter to an address.
    pub(crate) fn mailed_button(&self, address: &str) -> String {
        self.world.settle();
        let letter = self.world.post.newest_with_button_to(address);
        path_of(&letter.button.unwrap_or_else(|| panic!("no button in “{}”", letter.subject)).1)
    }

    /// The path of the link behind "this wasn't me" of the newest letter to an address.
    pub(crate) fn mailed_brake(&self, address: &str) -> String {
        self.world.settle();
        let letter = self.world.post.newest_to(address);
        path_of(&letter.freeze_url.unwrap_or_else(|| panic!("no freeze offer in “{}”", letter.subject)))
    }
}

fn path_of(url: &str) -> String {
    let (_, rest) = url.split_once("://").expect("a whole address");
    format!("/{}", rest.split_once('/').expect("a path").1)
}

/// A browser.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    site: &'a Site,
    cookies: BTreeMap<String, String>,
    name: &'static str,
    ip: IpAddr,
}

/// What a browser shows.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    /// Where it was sent on to, if it was.
    pub(crate) sent_to: String,
    pub(crate) html: String,
}

impl Browser<'_> {
    pub(crate) fn get(&mut self, path: &str) -> Shown {
        self.send(&Method::GET, path, &[], &[])
    }

    /// Opens a page and goes wherever that leads.
    pub(crate) fn visit(&mut self, path: &str) -> Shown {
        let shown = self.get(path);
        self.follow(shown)
    }

    /// Sends a form.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        self.send(&Method::POST, path, fields, &[])
    }

    /// Sends a form and goes wherever that leads.
    pub(crate) fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let shown = self.post(path, fields);
        self.follow(shown)
    }

    fn follow(&mut self, mut shown: Shown) -> Shown {
        for _ in 0..5 {
            if shown.sent_to.is_empty() {
                return shown;
            }
            let path = shown.sent_to.clone();
            shown = self.get(&path);
        }
        panic!("sent round in circles: {shown:?}");
    }

    pub(crate) fn send(
        &mut self,
        method: &Method,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Shown {
        // Nobody does two things in the same moment.
        self.site.world.clock.advance(Span::from_secs(1));
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let mut request = Request::builder().method(method).uri(path).header(header::USER_AGENT, self.name);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            // What browsers write from a page that sends no referrer.
            request = request.header("sec-fetch-site", "same-origin").header("origin", "null");
        }
        let mut request = request.body(Body::from(body.join("&"))).expect("a request");
        request.extensions_mut().insert(Peer(self.ip));
        let (parts, body) = self.site.world.wait(async {
            let response = self.site.router.clone().oneshot(request).await.expect("the router is infallible");
            let (parts, body) = response.into_parts();
            (parts, to_bytes(body, usize::MAX).await.expect("a body"))
        });
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().expect("a readable cookie");
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let sent_to = parts.headers.get(header::LOCATION).map_or("", |to| to.to_str().expect("a readable address"));
        let html = String::from_utf8(body.to_vec()).expect("a page in UTF-8");
        Shown { status: parts.status.as_u16(), sent_to: sent_to.to_owned(), html }
    }

    /// The same browser goes on a journey.
    pub(crate) fn travel(&mut self) {
        self.ip = ABROAD;
    }

    /// Opens an account and confirms its address.
    pub(crate) fn open_account(&mut self, email: &str, password: &str) {
        self.submit("/sign-up", &[("email", email), ("password", password)]).has("Check your mail");
        let link = self.site.mailed_button(email);
        self.submit(&link, &[("answer", "mine")]).has("Your address is confirmed");
    }

    /// Signs in, through the mailed link where this browser is not known.
    pub(crate) fn sign_in(&mut self, email: &str, password: &str) -> Shown {
        let shown = self.post("/sign-in", &[("email", email), ("password", password)]);
        if shown.status == 200 {
            let link = self.site.mailed_button(email);
            return self.submit(&link, &[("answer", "sign-in")]);
        }
        self.follow(shown)
    }
}

impl Shown {
    /// The page as it is read: without tags, and with every gap as one space.
    pub(crate) fn words(&self) -> String {
        let body = self.html.split_once("<main").map_or(self.html.as_str(), |(_, main)| main);
        let mut words = String::new();
        let mut inside = true;
        for letter in body.chars() {
            match letter {
                '<' => inside = true,
                '>' if inside => {
                    inside = false;
                    words.push(' ');
                }
                other if !inside => words.push(other),
                _ => {}
            }
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Insists that these words stand on the page.
    #[track_caller]
    pub(crate) fn has(&self, words: &str) -> &Self {
        assert!(self.words().contains(words), "“{words}” is not on the page ({}): {}", self.status, self.words());
        self
    }

    /// Insists that these words do not stand on the page.
    #[track_caller]
    pub(crate) fn lacks(&self, words: &str) -> &Self {
        assert!(!self.words().contains(words), "“{words}” is on the page: {}", self.words());
        self
    }
}

fn escaped(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
