internal import ArgumentParser

/// How a command writes its result.
struct OutputOptions: ParsableArguments {
    /// The forms of a result.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "How to write the result: text or json.")
    var format: Format = .text

    @Flag(help: "The same as --format json: one JSON object.")
    var json = false

    var isJSON: Bool { json || format == .json }
}
