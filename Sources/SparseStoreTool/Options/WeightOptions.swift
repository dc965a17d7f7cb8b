internal import ArgumentParser
internal import SparseInterchange

/// The option for weights that a store does not accept.
struct WeightOptions: ParsableArguments {
    @Flag(
        help: """
            Leave out and count weights that are negative, null, not finite, or outside 1e-15 to 1e15. By default, a \
            document with such a weight is rejected, and a query with such a weight is an error.
            """)
    var dropBadWeights = false

    /// The rules for a reader.
    var rules: ReadingRules { ReadingRules(dropsBadWeights: dropBadWeights) }

    /// Reads a file of queries, and says on standard error how many weights were left out.
    ///
    /// - Parameter source: The file, if it is already open.
    func queries(_ path: String, _ source: ByteSource? = nil) throws -> QueryFile {
        let file =
            try source.map { try QueryFile(source: $0, rules: rules) }
            ?? QueryFile(path: path, rules: rules)
        if file.droppedWeights > 0 {
            Output.note("left \(Figures.count(file.droppedWeights)) bad weights out of the queries in '\(path)'\n")
        }
        return file
    }
}
