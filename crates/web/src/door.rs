//! The one way in. Every request passes here before its handler and every answer passes here after it.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::protections::unless_frozen;
use futures_util::FutureExt;
use tokio::time::{Instant, timeout};

use crate::answers::{self, Problem};
use crate::api::forward_auth::REASON;
use crate::cookies::Jar;
use crate::pages::done::Done;
use crate::pages::trouble;
use crate::routes::{Row, Side, Who};
use crate::site::Web;
use crate::visitor::{Customer, Visitor};
use crate::{guard, headers, once, service};

/// Lets a request in if its row says so, and dresses and logs the answer.
pub(crate) async fn pass(State((web, row)): State<(Web, Row)>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let entered = enter(&web, &row, &mut request).await;
    let is_page = row.side() == Side::Page;
    let visitor = if is_page { Visitor::at_door(request.extensions()).cloned() } else { None };
    let mut response = match entered {
        Ok(None) => {
            let handler = once::run(web.clone(), row.clone(), request, next);
            run(web.settings().request_seconds, &method, handler).await
        }
        Ok(Some(answered)) => answered,
        Err(problem) => problem.into_response(),
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.extensions_mut().insert(Problem::wrong_method());
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        web.app().meters().refused(problem.code);
        let address = Asked { row: &row, method: &method, visitor };
        // In a box, like the handler: every request pays for moving what most of them never use.
        response = Box::pin(explain(&web, address, &problem, response.headers())).await;
    }
    headers::dress(&mut response, web.secure());
    tell(&row, &method, response.status(), began);
    response
}

/// Writes the request into the log, with the row's path, never the request's: in the holes of a path there may be a
/// secret.
fn tell(row: &Row, method: &Method, status: StatusCode, began: Instant) {
    let (route, status) = (row.path(), status.as_u16());
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    if method.is_safe() && status < 400 {
        // Readings that went well are by far the most and tell the least.
        tracing::debug!(%method, route, status, micros, "request");
    } else {
        tracing::info!(%method, route, status, micros, "request");
    }
}

/// Checks everything that comes before the handler, and tells the handler who is there. Answers at once where the same
/// request was answered before.
async fn enter(web: &Web, row: &Row, request: &mut Request) -> Result<Option<Response>, Problem> {
    request.extensions_mut().insert(row.clone());
    match row.side() {
        Side::Probe | Side::Hook => return Ok(None),
        Side::Service(scope) => return service::enter(web, row, scope, request).await.map(|()| None),
        Side::Page | Side::Api => {}
    }
    guard::check(request.method(), request.headers(), web.origin())?;
    let visitor = Visitor::recognise(web, request)?;
    let who = row.who(request.method());
    if who == Who::Anyone {
        request.extensions_mut().insert(visitor);
        return Ok(None);
    }
    let asked = once::asked(web, row, &visitor, request).await?;
    let whose = visitor.clone();
    let customer = match (Customer::of(web, visitor).await, asked) {
        (Ok(customer), asked) => Customer { asked, ..customer },
        (Err(problem), Some(asked)) => return once::answered(web, row, asked).await?.map(Some).ok_or(problem),
        (Err(problem), None) => {
            // Whoever is turned away is told why by what their browser showed.
            request.extensions_mut().insert(whose);
            return Err(problem);
        }
    };
    if who == Who::NotFrozen && customer.frozen() {
        // Asked as a change, so that the attempt is seen in the account's activity.
        let account = customer.account();
        web.app().change(&customer.actor(web), move |change| unless_frozen(change, account)).await?;
    }
    request.extensions_mut().insert(customer);
    Ok(None)
}

/// Waits for the handler's answer, for so long and no longer.
///
/// What acts runs in a task of its own and is never given up: an action may be two changes, and a client that
/// hangs up between them would have its attempt counted and leave no trace of it. What only reads ends with its
/// reader.
async fn run(seconds: u64, method: &Method, handler: impl Future<Output = Response> + Send + 'static) -> Response {
    // In a box: a request under way is large, and would be copied from hand to hand.
    let handler = Box::pin(survived(handler));
    let limit = Duration::from_secs(seconds);
    let answered = if method.is_safe() {
        timeout(limit, handler).await
    } else {
        // A task ends without an answer only when the whole process does.
        let ended = |_| Problem::fault("a handler was ended with the process").into_response();
        timeout(limit, tokio::spawn(handler)).await.map(|joined| joined.unwrap_or_else(ended))
    };
    answered.unwrap_or_else(|_| Problem::too_slow().into_response())
}

/// The handler's answer, which is a fault if it panics: logged here, because its visitor may have gone.
async fn survived(handler: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(handler).catch_unwind().await.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Problem::fault(&format!("a handler panicked: {said}")).into_response()
    })
}

/// What was asked, and by whom.
struct Asked<'a> {
    row: &'a Row,
    method: &'a Method,
    visitor: Option<Visitor>,
}

/// Turns a problem into the answer that fits who asked, keeping what the first answer said in headers.
async fn explain(web: &Web, asked: Asked<'_>, problem: &Problem, first: &HeaderMap) -> Response {
    let now = web.app().clock().now();
    let stale = problem.code == "not_signed_in";
    let mut response = match asked.row.side() {
        Side::Page if stale => {
            let address = sign_in_address(asked.row, asked.method);
            Redirect::to(&with_reason(&address, asked.visitor.as_ref())).into_response()
        }
        Side::Page => trouble::page(web, asked.visitor.as_ref(), problem).await,
        Side::Api | Side::Service(_) | Side::Probe | Side::Hook => answers::as_document(problem, now),
    };
    answers::add_retry_after(problem, now, &mut response);
    if stale {
        // What opens nothing any more need not be sent any more.
        response.headers_mut().append(header::SET_COOKIE, Jar::Session.forget());
    }
    for name in [header::ALLOW, header::SET_COOKIE, REASON] {
        for value in first.get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}

/// Where a stranger goes who asked for a customer's page, and which page to come back to afterwards. Only pages
/// of the table without holes are come back to, so this is no way to send somebody elsewhere.
fn sign_in_address(row: &Row, method: &Method) -> String {
    if method == Method::GET && !row.path().contains('{') {
        format!("/sign-in?next={}", row.path())
    } else {
        "/sign-in".to_owned()
    }
}

/// The same address, which tells whoever is sent there why: a session of this browser is over, or a sign-in waits.
fn with_reason(address: &str, visitor: Option<&Visitor>) -> String {
    let done = match visitor {
        Some(visitor) if visitor.session.is_some() => Done::SessionOver,
        Some(visitor) if visitor.pending.is_some() => Done::NotYetIn,
        _ => return address.to_owned(),
    };
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}done={}", done.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(future)
    }

    #[test]
    fn a_handler_that_panics_is_a_fault_with_a_number() {
        for method in [Method::GET, Method::POST] {
            let response = wait(run(5, &method, async { panic!("a mistake of ours") }));
            let problem = response.extensions().get::<Problem>().expect("a problem");
            assert_eq!((problem.status.as_u16(), problem.code), (500, "fault"));
            assert!(problem.number.is_some());
            assert!(!format!("{} {}", problem.title, problem.advice).contains("a mistake of ours"));
        }
    }

    #[test]
    fn a_handler_that_takes_too_long_is_not_waited_for_and_may_be_tried_again() {
        for method in [Method::GET, Method::POST] {
            let response = wait(run(0, &method, std::future::pending()));
            let problem = response.extensions().get::<Problem>().expect("a problem");
            assert_eq!((problem.status.as_u16(), problem.code), (503, "too_slow"));
            assert!(problem.again.is_some());
        }
    }

    #[test]
    fn what_acts_goes_on_when_nobody_waits_for_it_any_more() {
        let (go_on, told) = tokio::sync::oneshot::channel();
        let (done, was_done) = tokio::sync::oneshot::channel();
        let action = async {
            let _ = told.await;
            let _ = done.send(());
            Response::default()
        };
        let finished = wait(async {
            assert_eq!(run(0, &Method::POST, action).await.extensions().get::<Problem>().unwrap().code, "too_slow");
            let _ = go_on.send(());
            was_done.await
        });
        assert!(finished.is_ok(), "the action was given up");
    }

    #[test]
    fn a_stranger_comes_back_only_to_pages_of_the_table() {
        let address = |path: &str, method: &Method| {
            let routes = crate::routes::table();
            let route = routes.iter().find(|route| route.row().path() == path).expect("a row");
            sign_in_address(&route.row(), method)
        };
        assert_eq!(address("/settings/security", &Method::GET), "/sign-in?next=/settings/security");
        assert_eq!(address("/settings/password", &Method::POST), "/sign-in");
        assert_eq!(address("/l/{secret}", &Method::GET), "/sign-in");
    }
}
