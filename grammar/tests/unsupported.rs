//! What Python has and minipy has not: a clear complaint with its place; the soft keywords stay names.

use minipy_grammar::{Source, parse};

#[track_caller]
fn refused(text: &str, message: &str, at: &str) {
    let source = Source::new("<test>", text);
    let error = parse(&source).expect_err("unsupported");
    assert_eq!(error.message, message);
    assert_eq!(source.slice(error.span), at);
}

#[test]
fn a_missing_feature_is_named() {
    refused(
        "match x:\n    case 1:\n        pass\n",
        "`match` statements are not supported by minipy",
        "match",
    );
    refused(
        "match (x):\n    case 1:\n        pass\n",
        "`match` statements are not supported by minipy",
        "match",
    );
    refused(
        "if x:\n  match x, y:\n    case _: pass\n",
        "`match` statements are not supported by minipy",
        "match",
    );
    refused("type X = int\n", "`type` statements are not supported by minipy", "type");
    refused("type X[T] = list[T]\n", "`type` statements are not supported by minipy", "type");
    refused("async def f():\n    pass\n", "`async def` functions are not supported by minipy", "async");
    refused("def f():\n    await g()\n", "`await` expressions are not supported by minipy", "await");
    refused("x = [a async for a in b]\n", "asynchronous comprehensions are not supported by minipy", "async");
}

#[test]
fn soft_keywords_are_names() {
    let text = "match = case = type = _ = print = 1\nmatch(x)\ntype(x)[0]\nmatch: int = 2\ncase.match = type\nmatch * a, b\n";
    parse(&Source::new("<test>", text)).expect("names");
}
