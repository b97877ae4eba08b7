//! The documents that are made from the table of addresses say what the table says.

use std::path::Path;

use serde_json::Value;
use web::routes::{self, Side};

#[test]
fn the_list_of_routes_is_the_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/routes.md");
    let made = routes::as_markdown();
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, made, "docs/routes.md is not the table of today: run `cargo xtask bless`");
}

fn document() -> Value {
    serde_json::to_value(web::openapi::document("https://exchange.example")).expect("a document of texts and numbers")
}

#[test]
fn the_openapi_document_has_every_address_of_the_api_and_no_other() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described: Vec<(String, String)> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.push((path.clone(), method.to_uppercase()));
        }
    }
    let api = routes::doors().iter().copied().filter(|door| matches!(door.side, Side::Api | Side::Service(_)));
    let mut expected: Vec<(String, String)> = api.map(|door| (door.path.to_owned(), door.method.to_owned())).collect();
    described.sort();
    expected.sort();
    assert_eq!(described, expected);
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    let document = document();
    let mut missing = Vec::new();
    walk(&document, &mut |value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.trim_start_matches('#');
            if document.pointer(pointer).is_none() {
                missing.push(reference.to_owned());
            }
        }
    });
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_text_that_can_be_sent_has_its_limit_in_the_document() {
    let document = document();
    let mut bodies = Vec::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            bodies.push(operation["requestBody"]["content"]["application/json"]["schema"].clone());
            bodies.extend(operation["parameters"].as_array().into_iter().flatten().map(|each| each["schema"].clone()));
        }
    }
    let mut texts = 0;
    for body in bodies.iter().filter(|body| !body.is_null()) {
        limited(&document, body, &mut texts);
    }
    assert!(texts > 10, "only {texts} texts were looked at");
}

/// Checks the texts in a schema that can be sent.
fn limited(document: &Value, schema: &Value, texts: &mut usize) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let meant = document.pointer(reference.trim_start_matches('#')).expect("what is referred to is there");
        return limited(document, meant, texts);
    }
    let is_text = match &schema["type"] {
        Value::String(one) => one == "string",
        Value::Array(several) => several.iter().any(|one| one == "string"),
        _ => false,
    };
    if is_text {
        *texts += 1;
        let limit = ["maxLength", "enum", "const"].iter().any(|limit| schema.get(limit).is_some());
        assert!(limit, "a text without a limit: {schema}");
    }
    if schema["type"] == "object" {
        assert_eq!(schema["additionalProperties"], false, "unknown fields are refused, but not said to be: {schema}");
    }
    for part in ["oneOf", "anyOf", "allOf"] {
        schema[part].as_array().into_iter().flatten().for_each(|one| limited(document, one, texts));
    }
    schema["properties"].as_object().into_iter().flatten().for_each(|(_, one)| limited(document, one, texts));
}

fn walk(value: &Value, see: &mut impl FnMut(&Value)) {
    see(value);
    match value {
        Value::Object(fields) => fields.values().for_each(|field| walk(field, see)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, see)),
        _ => {}
    }
}
