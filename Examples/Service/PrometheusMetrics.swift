import CoreMetrics
import Synchronization

/// Collects the metrics of the process, and writes them in the text format of Prometheus. Timers become summaries
/// without quantiles.
final class PrometheusMetrics: MetricsFactory {
    private struct Series: Sendable {
        var count: UInt64 = 0
        var sum = 0.0
    }

    private enum Kind: String { case counter, gauge, summary }

    private struct Key: Hashable {
        var kind: Kind
        var name: String
        var labels: String
    }

    private let series = Mutex<[Key: Series]>([:])

    /// All series, in the text format of Prometheus.
    var text: String {
        var text = ""
        var previous = ""
        let all = series.withLock { $0 }.sorted { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }
        for (key, value) in all {
            if key.name != previous { text += "# TYPE \(key.name) \(key.kind.rawValue)\n" }
            previous = key.name
            if key.kind == .summary {
                text += "\(key.name)_sum\(key.labels) \(value.sum)\n\(key.name)_count\(key.labels) \(value.count)\n"
            } else {
                text += "\(key.name)\(key.labels) \(value.sum)\n"
            }
        }
        return text
    }

    private func change(_ kind: Kind, _ label: String, _ dimensions: [(String, String)], _ body: (inout Series) -> Void)
    {
        let name = label.replacing(".", with: "_")
        let labels = dimensions.map { "\($0)=\"\($1)\"" }.joined(separator: ",")
        let key = Key(kind: kind, name: name, labels: labels.isEmpty ? "" : "{\(labels)}")
        series.withLock { body(&$0[key, default: Series()]) }
    }

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        private let change: @Sendable ((inout Series) -> Void) -> Void

        init(_ change: @escaping @Sendable ((inout Series) -> Void) -> Void) { self.change = change }

        func increment(by amount: Int64) { change { $0.sum += Double(amount) } }
        func reset() { change { $0 = Series() } }
        func record(_ value: Int64) { change { $0.sum = Double(value) } }
        func record(_ value: Double) { change { $0.sum = value } }
        func recordNanoseconds(_ duration: Int64) {
            change { series in
                series.sum += Double(duration) / 1e9
                series.count += 1
            }
        }
    }

    private func handler(_ kind: Kind, _ label: String, _ dimensions: [(String, String)]) -> Handler {
        Handler { [self] body in change(kind, label, dimensions, body) }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(.counter, label, dimensions)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        handler(.gauge, label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handler(.summary, label, dimensions)
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
