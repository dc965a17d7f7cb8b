import Foundation
import Synchronization
import Tracing

/// Writes each span as a line of JSON when it ends. This is enough to look at one request. A service that collects
/// traces gives `InstrumentationSystem` a tracer that sends them to a collector.
struct LineTracer: Tracer {
    private let lines: Lines

    /// - Parameter file: The file to write to.
    init(file: FileHandle) { lines = Lines(file: file) }

    private final class Lines: Sendable {
        private let file: FileHandle
        private let lock = Mutex(())

        init(file: FileHandle) { self.file = file }

        func write(_ line: String) { lock.withLock { _ in file.write(Data((line + "\n").utf8)) } }
    }

    func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> LineSpan {
        LineSpan(operationName, parent: context(), start: instant().nanosecondsSinceEpoch, write: lines.write)
    }

    func forceFlush() {}
    func activeSpan(identifiedBy context: InstrumentationContext) -> LineSpan? { nil }
    func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Carrier == Inject.Carrier {}
    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Carrier == Extract.Carrier {}
}

/// The context that a span passes to the spans inside it.
private enum SpanKey: InstrumentationContextKey {
    typealias Value = (trace: String, span: String)
}

final class LineSpan: Tracing.Span {
    private struct State: Sendable {
        var name: String
        var attributes = SpanAttributes()
        var error: String?
        var isEnded = false
    }

    let context: InstrumentationContext
    private let parent: String?
    private let start: UInt64
    private let state: Mutex<State>
    private let write: @Sendable (String) -> Void

    fileprivate init(
        _ name: String, parent: InstrumentationContext, start: UInt64, write: @escaping @Sendable (String) -> Void
    ) {
        let above = parent[SpanKey.self]
        var context = parent
        context[SpanKey.self] = (above?.trace ?? Self.identifier(), Self.identifier())
        self.context = context
        self.parent = above?.span
        self.start = start
        self.write = write
        state = Mutex(State(name: name))
    }

    private static func identifier() -> String { String(UInt64.random(in: .min ... .max), radix: 16) }

    var isRecording: Bool { state.withLock { !$0.isEnded } }
    var operationName: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }
    var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { state.withLock { $0.attributes = newValue } }
    }
    func setStatus(_ status: SpanStatus) {}
    func addEvent(_ event: SpanEvent) {}
    func addLink(_ link: SpanLink) {}
    func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        state.withLock { $0.error = "\(error)" }
    }

    func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let end = instant().nanosecondsSinceEpoch
        let ended = state.withLock { state -> State? in
            guard !state.isEnded else { return nil }
            state.isEnded = true
            return state
        }
        guard let ended, let ids = context[SpanKey.self] else { return }
        var fields: [String: JSON] = [
            "name": .string(ended.name), "trace": .string(ids.trace), "span": .string(ids.span),
            "milliseconds": .number(Double(end - min(start, end)) / 1e6),
        ]
        if let parent { fields["parent"] = .string(parent) }
        if let error = ended.error { fields["error"] = .string(error) }
        ended.attributes.forEach { key, value in fields[key] = .string("\(value.toSpanAttribute().text)") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if let line = try? encoder.encode(fields) { write(String(decoding: line, as: UTF8.self)) }
    }
}

extension SpanAttribute {
    fileprivate var text: String {
        switch self {
        case .int32(let value): "\(value)"
        case .int64(let value): "\(value)"
        case .double(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .string(let value): value
        default: "\(self)"
        }
    }
}
