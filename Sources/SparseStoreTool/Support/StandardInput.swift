internal import ArgumentParser

/// Standard input, which options name as "-". Only one option of a command may name it.
enum StandardInput {
    /// - Parameter files: The files that the options name, in order.
    /// - Throws: A usage error if two options both read standard input.
    static func checkIsReadOnce(_ files: KeyValuePairs<String, String?>) throws {
        let readers = files.filter { $0.value == "-" }.map(\.key)
        guard readers.count > 1 else { return }
        throw ValidationError("\(readers[0]) and \(readers[1]) both read standard input; give one of them a file")
    }
}
