#if Tracing
    internal import Tracing
#endif

/// A span of swift-distributed-tracing. Does nothing without the package trait `Tracing`.
///
/// | span                 | attributes, each prefixed with `sparsestore.`                                         |
/// |----------------------|---------------------------------------------------------------------------------------|
/// | `sparsestore.search` | `store`, `generation`, `hits`, `plan`, `documents_scored`, `postings_read`, `stages`, |
/// |                      | `fallback` if a stage kept the previous order                                         |
/// | `sparsestore.commit` | `store`, `generation`, `documents`, `segments`; only `store` if nothing changed       |
/// | `sparsestore.merge`  | `store`, `bytes`                                                                      |
struct StoreSpan {
    #if Tracing
        private let span: any Span

        fileprivate init(_ span: any Span) { self.span = span }
    #endif

    /// Runs `body` in a span and records the error it throws.
    static func with<R>(_ name: String, store: String, _ body: (StoreSpan) throws -> R) rethrows -> R {
        #if Tracing
            try withSpan("sparsestore." + name, ofKind: .internal) { span in
                let span = StoreSpan(span)
                span.set("store", store)
                return try body(span)
            }
        #else
            try body(StoreSpan())
        #endif
    }

    /// Runs the asynchronous `body` in a span.
    static func with<R: Sendable>(
        _ name: String, store: String, isolation: isolated (any Actor)? = #isolation,
        _ body: (StoreSpan) async throws -> R
    ) async rethrows -> R {
        #if Tracing
            try await withSpan("sparsestore." + name, ofKind: .internal) { span in
                let span = StoreSpan(span)
                span.set("store", store)
                return try await body(span)
            }
        #else
            try await body(StoreSpan())
        #endif
    }

    func set(_ name: String, _ value: @autoclosure () -> String) {
        #if Tracing
            if span.isRecording { span.attributes["sparsestore." + name] = SpanAttribute.string(value()) }
        #endif
    }

    func set(_ name: String, _ value: @autoclosure () -> Int) {
        #if Tracing
            if span.isRecording { span.attributes["sparsestore." + name] = SpanAttribute.int64(Int64(value())) }
        #endif
    }
}

/// The trace context of a task, for use on another thread.
struct SpanContext: Sendable {
    #if Tracing
        private let context = InstrumentationContext.current
    #endif

    /// Runs `body` as part of the trace.
    func run<R>(_ body: () throws -> R) rethrows -> R {
        #if Tracing
            try InstrumentationContext.$current.withValue(context, operation: body)
        #else
            try body()
        #endif
    }
}
