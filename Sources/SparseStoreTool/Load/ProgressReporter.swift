#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Shows the progress of a load on standard error: a bar on a terminal, otherwise a line every few seconds.
final class ProgressReporter {
    private let isQuiet: Bool
    private let isTerminal: Bool
    private let fractionAtStart: Double
    private let write: (String) -> Void
    private var lastReport = 0.0
    private var lineIsOpen = false

    /// - Parameters:
    ///   - isQuiet: Whether only notes are written.
    ///   - isTerminal: Whether standard error is a terminal, where a line can be redrawn.
    ///   - fractionAtStart: The fraction of the input that earlier loads had read. The remaining time is estimated from
    ///     the speed of this load.
    init(
        isQuiet: Bool = false, isTerminal: Bool = isatty(STDERR_FILENO) == 1, fractionAtStart: Double = 0,
        write: @escaping (String) -> Void = Output.note
    ) {
        self.isQuiet = isQuiet
        self.isTerminal = isTerminal
        self.fractionAtStart = fractionAtStart
        self.write = write
    }

    /// Reports the progress if the last report is old enough.
    func update(_ progress: LoadProgress) {
        let interval = isTerminal ? 0.1 : 5
        guard !isQuiet, progress.seconds - lastReport >= interval else { return }
        lastReport = progress.seconds
        if isTerminal {
            write("\r\u{1B}[K" + Self.bar(progress, remaining: remaining(progress)))
            lineIsOpen = true
        } else {
            write(Self.line(progress) + "\n")
        }
    }

    /// Writes a line between the reports.
    func note(_ text: String) {
        clear()
        write(text + "\n")
    }

    /// Erases the bar.
    func clear() {
        guard lineIsOpen else { return }
        write("\r\u{1B}[K")
        lineIsOpen = false
    }

    private func remaining(_ progress: LoadProgress) -> Double? {
        guard let fraction = progress.fraction, fraction > fractionAtStart else { return nil }
        return progress.seconds / (fraction - fractionAtStart) * (1 - fraction)
    }

    /// The progress bar, in at most 79 characters.
    static func bar(_ progress: LoadProgress, remaining: Double?) -> String {
        var text = ""
        if let fraction = progress.fraction {
            text += ProgressLine.bar(fraction) + "  "
        }
        text += "\(Figures.count(progress.accepted)) documents  \(Figures.count(Int(progress.rate)))/s"
        if progress.rejected > 0 { text += "  \(Figures.count(progress.rejected)) rejected" }
        if let remaining { text += "  \(Figures.clock(remaining)) left" }
        return String(text.prefix(79))
    }

    static func line(_ progress: LoadProgress) -> String {
        var text = "loaded \(Figures.count(progress.accepted)) documents"
        if progress.rejected > 0 { text += ", \(Figures.count(progress.rejected)) rejected" }
        if let fraction = progress.fraction { text += ", \(Int(fraction * 100)) % of the input" }
        return text + ", \(Figures.count(Int(progress.rate))) documents/s"
    }
}
