internal import ArgumentParser

/// The options for the form of a command's result.
struct OutputOptions: ParsableArguments {
    /// The form of a result.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "The form of the result: text or json.")
    var format: Format = .text

    @Flag(help: "The same as --format json: one JSON object.")
    var json = false

    var isJSON: Bool { json || format == .json }
}
