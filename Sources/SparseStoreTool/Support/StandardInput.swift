internal import ArgumentParser

/// Standard input, "-" as the name of a file, which one option of a command can name at a time.
enum StandardInput {
    /// - Parameter files: what the options name, in their order.
    /// - Throws: wrong usage that names two options which both read standard input.
    static func checkIsReadOnce(_ files: KeyValuePairs<String, String?>) throws {
        let readers = files.filter { $0.value == "-" }.map(\.key)
        guard readers.count > 1 else { return }
        throw ValidationError("\(readers[0]) and \(readers[1]) both read standard input; give one of them a file")
    }
}
