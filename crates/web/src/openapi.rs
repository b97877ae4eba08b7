//! The OpenAPI 3.1 document, made from the table of addresses.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Paths, Ref,
    Required, ServerBuilder, Type,
};

use crate::routes::{self, Operation, Route, Row, Shape, Side, Who};
use crate::site::Web;
use crate::{answers, once};

/// Sends the document.
pub(crate) async fn show(State(web): State<Web>) -> Response {
    let document = web.openapi().get_or_init(|| {
        let document = document(web.origin());
        Bytes::from(serde_json::to_vec_pretty(&document).expect("the document is made of texts and numbers"))
    });
    ([(header::CONTENT_TYPE, "application/json")], document.clone()).into_response()
}

/// The document for a site at this address.
pub fn document(origin: &str) -> OpenApi {
    let table: Vec<Route> = routes::table().into_iter().filter(|route| is_described(route.row().side())).collect();
    let mut paths = Paths::new();
    let mut components = ComponentsBuilder::new();
    let mut shapes = vec![answers::shape()];
    for route in &table {
        let row = route.row();
        for operation in &route.operations {
            shapes.extend(operation.takes.clone());
            shapes.extend(operation.gives.iter().filter_map(|(_, _, shape)| shape.clone()));
            let method = if operation.method == "GET" { HttpMethod::Get } else { HttpMethod::Post };
            paths.add_path_operation(row.path(), vec![method], described(&row, operation));
        }
    }
    for shape in shapes {
        let mut found = Vec::new();
        (shape.collect)(&mut found);
        components = found.into_iter().fold(components, |components, (name, schema)| components.schema(name, schema));
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The `session_secret` that signing in answers."))
        .build();
    let local = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The secret of a local service key, from an address on its list and through no proxy."))
        .build();
    let signed = ApiKey::Header(ApiKeyValue::with_description(
        "Signature",
        "HTTP Message Signatures (RFC 9421) with Ed25519: Signature-Input and Signature, over @method, @target-uri and, with a \
         body, Content-Digest (RFC 9530); parameters created, nonce and keyid. See docs/service.md.",
    ));
    let components = components
        .security_scheme("session", SecurityScheme::Http(bearer))
        .security_scheme("service_key_local", SecurityScheme::Http(local))
        .security_scheme("service_key_signed", SecurityScheme::ApiKey(signed));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Countersign")
                .version("v1")
                .description(Some(
                    "Account security, for programs. Every body is JSON in UTF-8 without unknown or repeated fields; \
                     every refusal is a problem document of RFC 9457.",
                ))
                .build(),
        )
        .servers(Some([ServerBuilder::new().url(origin).build()]))
        .paths(paths)
        .components(Some(components.build()))
        .tags(Some([TagBuilder::new()
            .name(SERVICE_TAG)
            .description(Some("For the exchange's own backend, which proves itself by a service key."))
            .build()]))
        .build()
}

/// The part for the exchange's own backend.
const SERVICE_TAG: &str = "service";

/// What programs ask is described; what probes and the SMS gateway ask is not.
fn is_described(side: Side) -> bool {
    matches!(side, Side::Api | Side::Service(_))
}

fn described(row: &Row, operation: &Operation) -> utoipa::openapi::path::Operation {
    let path = row.path();
    let method = if operation.method == "GET" { &Method::GET } else { &Method::POST };
    let who = row.who(method);
    let mut built = OperationBuilder::new()
        .summary(Some(operation.summary))
        .description(Some(open_to(row.side(), who)))
        .operation_id(Some(operation_id(path, operation.method)))
        .response("default", refused());
    if who != Who::Anyone {
        built = built.security(SecurityRequirement::new("session", [] as [&str; 0]));
    }
    if matches!(row.side(), Side::Service(_)) {
        built = built.tag(SERVICE_TAG);
        if path.ends_with("/events") {
            built = built.parameter(key(Required::True));
        }
        for scheme in ["service_key_signed", "service_key_local"] {
            built = built.security(SecurityRequirement::new(scheme, [] as [&str; 0]));
        }
    }
    for hole in path.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
        let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(128));
        let parameter = ParameterBuilder::new().name(hole.0).parameter_in(ParameterIn::Path);
        built = built.parameter(parameter.required(Required::True).schema(Some(text)).build());
    }
    if row.takes_key(method) {
        built = built.parameter(key(Required::False));
    }
    for parameter in &operation.query {
        built = built.parameter(parameter.clone());
    }
    if let Some(shape) = &operation.takes {
        let body = RequestBodyBuilder::new().content("application/json", content(shape)).required(Some(Required::True));
        built = built.request_body(Some(body.build()));
    }
    for (status, media_type, shape) in &operation.gives {
        let response = ResponseBuilder::new().description(operation.summary);
        let body = shape.as_ref().map_or_else(|| ContentBuilder::new().build(), content);
        built = built.response(status.to_string(), response.content(*media_type, body).build());
    }
    for answer in &operation.answers {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let mut response = ResponseBuilder::new().description(answer.says);
        for (name, says) in answer.headers {
            response =
                response.header(*name, HeaderBuilder::new().description(Some(*says)).schema(Some(text())).build());
        }
        if answer.status >= 400 {
            response = response.content("application/problem+json", content(&answers::shape()));
        }
        built = built.response(answer.status.to_string(), response.build());
    }
    built.build()
}

fn open_to(side: Side, who: Who) -> String {
    match side {
        Side::Service(scope) => format!("Open to: a service key with the scope `{scope}`."),
        _ => format!("Open to: {}.", who.words()),
    }
}

/// The header by which a request can be sent again.
fn key(required: Required) -> utoipa::openapi::path::Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(once::KEY_MAX));
    let text = text.pattern(Some(r#"^"?[!#-+\--\[\]-~]+"?$"#));
    ParameterBuilder::new()
        .name(once::NAME)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(
            "A text of your own, best a UUID, fresh for each thing to be done. If no answer comes, send the same request \
             with the same key, and the same session or service key, again, for 24 hours: it is done once, and every copy gets the one \
             answer, without the secrets the first one carried. With another session, address or body the key is refused: \
             422 `key_used`. What was refused is not remembered and may be sent again.",
        ))
        .schema(Some(text))
        .build()
}

fn refused() -> utoipa::openapi::Response {
    let description =
        "Refused, or failed: the problem document says why. Where nothing else is said, nothing was changed.";
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content(&answers::shape()))
        .build()
}

fn content(shape: &Shape) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name(shape.name.as_ref()))).build()
}

/// `POST /api/v1/sessions/{id}/end` is `post_sessions_id_end`.
fn operation_id(path: &str, method: &str) -> String {
    let words = path.trim_start_matches("/api/v1/").split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("{}_{}", method.to_ascii_lowercase(), words.join("_"))
}
