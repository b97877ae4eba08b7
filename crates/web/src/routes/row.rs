//! One row of the table of addresses.

use std::borrow::Cow;
use std::sync::Arc;

use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodFilter, MethodRouter};
use domain::service::Scope;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, RefOr, Required, Schema, Type};
use utoipa::{IntoParams, ToSchema};

use crate::forms::BODY_MAX;
use crate::site::Web;

/// Who may come through a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anyone at all.
    Anyone,
    /// A customer with a live session, frozen or not: for what reads, ends or tightens.
    SignedIn,
    /// A customer with a live session whose account is not frozen: for what loosens or moves.
    NotFrozen,
}

impl Who {
    /// As the documents say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::SignedIn => "signed in, frozen too",
            Self::NotFrozen => "signed in, not frozen",
        }
    }
}

/// Whom an address speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// People with a browser.
    Page,
    /// Programs.
    Api,
    /// The exchange's own backend, by a service key that may be used for this.
    Service(Scope),
    /// The operator's SMS gateway, which proves itself to the handler.
    Hook,
    /// Load balancers and supervisors; also files that never differ. Nobody is recognised here.
    Probe,
}

/// What is true of one address, whatever the method. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Row(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    path: &'static str,
    who: Who,
    unless_frozen: bool,
    side: Side,
    body_max: usize,
    done: StatusCode,
}

impl Row {
    /// The path as the table writes it: what the log may show, because secrets in paths are in its holes.
    pub fn path(&self) -> &'static str {
        self.0.path
    }

    /// Who may come with this method.
    pub fn who(&self, method: &Method) -> Who {
        who(self.0.who, self.0.unless_frozen, !method.is_safe())
    }

    /// Whom it speaks to.
    pub fn side(&self) -> Side {
        self.0.side
    }

    /// The most bytes that a body may hold here.
    pub fn body_max(&self) -> usize {
        self.0.body_max
    }

    /// Whether a request with this method may carry an `Idempotency-Key`: every POST of the API that a customer makes.
    pub(crate) fn takes_key(&self, method: &Method) -> bool {
        takes_key(self.side(), method.as_str(), self.who(method))
    }

    /// The status of an answer that says what was done.
    pub(crate) fn done(&self) -> StatusCode {
        self.0.done
    }

    /// The row of every address that is not in the table.
    pub(crate) fn nowhere(side: Side) -> Self {
        Self(Arc::new(Facts {
            path: "(none)",
            who: Who::Anyone,
            unless_frozen: false,
            side,
            body_max: 0,
            done: StatusCode::OK,
        }))
    }
}

/// Who may read, or act, at an address.
fn who(who: Who, unless_frozen: bool, acts: bool) -> Who {
    if acts && unless_frozen { Who::NotFrozen } else { who }
}

/// Which requests may be sent again under an `Idempotency-Key`, said once for doors and documents.
fn takes_key(side: Side, method: &str, who: Who) -> bool {
    side == Side::Api && method == "POST" && who != Who::Anyone
}

/// One method of one address, for tests and documents.
#[derive(Debug, Clone, Copy)]
pub struct Door {
    /// The path, holes in braces.
    pub path: &'static str,
    /// The method.
    pub method: &'static str,
    /// Who may come.
    pub who: Who,
    /// Whom it speaks to.
    pub side: Side,
    /// Whether it takes an `Idempotency-Key`.
    pub takes_key: bool,
    /// What it does, in one line.
    pub summary: &'static str,
}

impl Door {
    /// Who may come, as the documents say it.
    pub fn who_in_words(&self) -> String {
        match self.side {
            Side::Hook => "the SMS gateway".to_owned(),
            Side::Service(scope) => format!("a service key with `{scope}`"),
            _ => self.who.words().to_owned(),
        }
    }
}

/// What one method of an address takes and gives, for the OpenAPI document.
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) takes: Option<Shape>,
    pub(crate) query: Vec<Parameter>,
    pub(crate) gives: Vec<(u16, &'static str, Option<Shape>)>,
    pub(crate) answers: Vec<Plain>,
}

/// An answer that says what it says in its status and its headers.
pub(crate) struct Plain {
    pub(crate) status: u16,
    pub(crate) says: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
}

/// A named type of the API, and how to find its schema and those it is made of.
#[derive(Clone)]
pub(crate) struct Shape {
    pub(crate) name: Cow<'static, str>,
    pub(crate) collect: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Shape {
    pub(crate) fn of<T: ToSchema>() -> Self {
        fn collect<T: ToSchema>(found: &mut Vec<(String, RefOr<Schema>)>) {
            found.push((T::name().into_owned(), T::schema()));
            T::schemas(found);
        }
        Self { name: T::name(), collect: collect::<T> }
    }
}

/// A row while the table is being written.
pub(crate) struct Route {
    path: &'static str,
    who: Who,
    unless_frozen: bool,
    side: Side,
    body_max: usize,
    pub(crate) handlers: MethodRouter<Web>,
    pub(crate) operations: Vec<Operation>,
}

/// An address for people.
pub(crate) fn page(path: &'static str, who: Who) -> Route {
    Route::new(path, who, Side::Page)
}

/// An address for programs.
pub(crate) fn api(path: &'static str, who: Who) -> Route {
    Route::new(path, who, Side::Api)
}

/// An address for the exchange's own backend.
pub(crate) fn service(path: &'static str, scope: Scope) -> Route {
    Route::new(path, Who::Anyone, Side::Service(scope))
}

/// An address for the SMS gateway.
pub(crate) fn hook(path: &'static str) -> Route {
    Route::new(path, Who::Anyone, Side::Hook)
}

/// An address at which nobody is recognised.
pub(crate) fn probe(path: &'static str) -> Route {
    Route::new(path, Who::Anyone, Side::Probe)
}

impl Route {
    fn new(path: &'static str, who: Who, side: Side) -> Self {
        Self {
            path,
            who,
            unless_frozen: false,
            side,
            body_max: BODY_MAX,
            handlers: MethodRouter::new(),
            operations: Vec::new(),
        }
    }

    pub(crate) fn get<H: Handler<T, Web>, T: 'static>(self, summary: &'static str, handler: H) -> Self {
        self.on("GET", MethodFilter::GET, summary, handler)
    }

    pub(crate) fn post<H: Handler<T, Web>, T: 'static>(self, summary: &'static str, handler: H) -> Self {
        self.on("POST", MethodFilter::POST, summary, handler)
    }

    fn on<H: Handler<T, Web>, T: 'static>(
        mut self,
        method: &'static str,
        filter: MethodFilter,
        summary: &'static str,
        handler: H,
    ) -> Self {
        self.handlers = self.handlers.on(filter, handler);
        self.operations.push(Operation {
            method,
            summary,
            takes: None,
            query: Vec::new(),
            gives: Vec::new(),
            answers: Vec::new(),
        });
        self
    }

    /// The body that the last method takes.
    pub(crate) fn takes<T: ToSchema>(mut self) -> Self {
        self.last().takes = Some(Shape::of::<T>());
        self
    }

    /// The query that the last method takes.
    pub(crate) fn asks<T: IntoParams>(mut self) -> Self {
        self.last().query = T::into_params(|| Some(utoipa::openapi::path::ParameterIn::Query));
        self
    }

    /// A header that the last method reads, and whether it has to be there.
    pub(crate) fn reads_header(mut self, name: &'static str, required: bool, says: &'static str) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(128));
        let required = if required { Required::True } else { Required::False };
        let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(required);
        self.last().query.push(header.description(Some(says)).schema(Some(text)).build());
        self
    }

    /// An answer of the last method that has no body of its own.
    pub(crate) fn answers(
        mut self,
        status: u16,
        says: &'static str,
        headers: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.last().answers.push(Plain { status, says, headers });
        self
    }

    /// An answer that the last method gives.
    pub(crate) fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        self.last().gives.push((status, "application/json", Some(Shape::of::<T>())));
        self
    }

    /// An answer of another media type that the last method gives.
    pub(crate) fn gives_text(mut self, media_type: &'static str) -> Self {
        self.last().gives.push((200, media_type, None));
        self
    }

    /// Acting here loosens or moves something: reading is open as before, acting is not while frozen.
    pub(crate) fn unless_frozen(mut self) -> Self {
        self.unless_frozen = true;
        self
    }

    /// The most bytes that a body may hold here.
    pub(crate) fn body_max(mut self, bytes: usize) -> Self {
        self.body_max = bytes;
        self
    }

    pub(crate) fn row(&self) -> Row {
        Row(Arc::new(Facts {
            path: self.path,
            who: self.who,
            unless_frozen: self.unless_frozen,
            side: self.side,
            body_max: self.body_max,
            done: self.done(),
        }))
    }

    pub(crate) fn doors(&self) -> impl Iterator<Item = Door> + '_ {
        self.operations.iter().map(|operation| {
            let who = who(self.who, self.unless_frozen, operation.method != "GET");
            Door {
                path: self.path,
                method: operation.method,
                who,
                side: self.side,
                takes_key: takes_key(self.side, operation.method, who),
                summary: operation.summary,
            }
        })
    }

    /// The first status that a POST here gives.
    fn done(&self) -> StatusCode {
        let post = self.operations.iter().find(|operation| operation.method == "POST");
        let status = post.and_then(|post| post.gives.first()).map(|(status, _, _)| *status);
        status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK)
    }

    fn last(&mut self) -> &mut Operation {
        self.operations.last_mut().expect("a row names its method before what the method takes and gives")
    }
}
