internal import ArgumentParser
internal import SparseInterchange

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The files with the ids and payloads of the rows of a matrix: `--ids` and `--payloads`.
struct MatrixLabels: ParsableArguments {
    @Option(
        help: """
            A file with the ids of the rows of a CSR or .npz matrix, one per line. (default: the lines of NAME-ids.txt \
            next to NAME-embeddings.npz, or else the row numbers)
            """)
    var ids: String?

    @Option(help: "A file with the payloads of the rows of a CSR or .npz matrix, one per line.")
    var payloads: String?

    /// The files that the options name.
    var inputs: [String] { [ids, payloads].compactMap(\.self) }

    /// Returns `reader`, which reads `input`, joined with the ids and payloads of the files named by the options or
    /// found next to the input.
    func join(_ reader: any DocumentReader, of input: String) throws -> any DocumentReader {
        let ids = ids ?? (reader.format == .npz ? MatrixFile.idsBeside(input) : nil)
        guard ids != nil || payloads != nil else { return reader }
        guard reader.format.isMatrix else {
            throw CommandFailure(
                .usage,
                "--ids and --payloads are for the rows of a matrix; leave them out for '\(input)', "
                    + "whose objects have ids"
            )
        }
        return try LabelJoin(reader, ids: ids, payloads: payloads)
    }
}
