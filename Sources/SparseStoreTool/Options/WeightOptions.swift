internal import ArgumentParser
internal import SparseInterchange

/// What becomes of weights that no store takes.
struct WeightOptions: ParsableArguments {
    @Flag(
        help: """
            Leave out weights that are negative, null, not finite, or outside 1e-15 to 1e15, and count them. Without, \
            such a weight makes its document a reject, and a file with such a query an error.
            """)
    var dropBadWeights = false

    /// The rules for a reader.
    var rules: ReadingRules { ReadingRules(dropsBadWeights: dropBadWeights) }

    /// Reads a file of queries, and says on standard error how many weights were left out.
    ///
    /// - Parameter source: of the file, if it is open.
    func queries(_ path: String, _ source: ByteSource? = nil) throws -> QueryFile {
        let file =
            try source.map { try QueryFile(source: $0, rules: rules) }
            ?? QueryFile(path: path, rules: rules)
        if file.droppedWeights > 0 {
            Output.note("left \(Figures.count(file.droppedWeights)) bad weights out of the queries of '\(path)'\n")
        }
        return file
    }
}
