internal import Platform
internal import SparseStore
internal import Synchronization

/// Shows the progress of a command on standard error once it has taken a second. On a terminal one line is redrawn;
/// otherwise a line is written every few seconds.
final class ProgressLine: Sendable {
    private struct State {
        var isOpen = false
        var lastReport: Double
    }

    private let isQuiet: Bool
    private let isTerminal: Bool
    private let watch = Stopwatch()
    private let state: Lock<State>
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - isQuiet: Whether to show nothing.
    ///   - isTerminal: Whether a line can be redrawn.
    ///   - write: Receives the text to show.
    init(
        isQuiet: Bool = false, isTerminal: Bool = isatty(STDERR_FILENO) == 1,
        write: @escaping @Sendable (String) -> Void = { Output.note($0) }
    ) {
        self.isQuiet = isQuiet
        self.isTerminal = isTerminal
        self.write = write
        state = Lock(State(lastReport: isTerminal ? 0.9 : 0))
    }

    /// Shows a text if enough time has passed since the last one.
    ///
    /// - Parameter fraction: The finished share of the work, from 0 to 1, for a bar; nil if unknown.
    func update(_ text: @autoclosure () -> String, fraction: Double? = nil) {
        guard !isQuiet else { return }
        let seconds = watch.seconds
        let isDue = state.withLock { state in
            guard seconds - state.lastReport >= (isTerminal ? 0.1 : 5) else { return false }
            state.lastReport = seconds
            state.isOpen = isTerminal
            return true
        }
        guard isDue else { return }
        if isTerminal {
            let bar = fraction.map { Self.bar($0) + "  " } ?? ""
            write("\r\u{1B}[K" + String((bar + text() + "  " + Figures.clock(seconds)).prefix(79)))
        } else {
            write(text() + (fraction.map { ", \(Int($0 * 100)) %" } ?? "") + "\n")
        }
    }

    /// Erases the line.
    func clear() {
        let wasOpen = state.withLock { state in
            defer { state.isOpen = false }
            return state.isOpen
        }
        if wasOpen { write("\r\u{1B}[K") }
    }

    /// A bar of twenty characters, and a percentage.
    static func bar(_ fraction: Double) -> String {
        let width = 20
        let full = min(max(Int(fraction * Double(width)), 0), width)
        let percent = String(Int(fraction * 100))
        return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full) + "] "
            + String(repeating: " ", count: max(3 - percent.count, 0)) + percent + " %"
    }

    /// Runs work that does not report its progress. The line shows the elapsed time.
    func during<R>(_ text: String, _ body: () throws -> R) rethrows -> R {
        let flag = Flag()
        let ticking = try? WorkerThread { [self] in
            while !flag.isSet {
                usleep(50_000)
                update(text)
            }
        }
        defer {
            flag.set()
            ticking?.join()
            clear()
        }
        return try body()
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }
}
