internal import ArgumentParser
internal import SparseInterchange

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The files that name the rows of a matrix: `--ids` and `--payloads`.
struct MatrixLabels: ParsableArguments {
    @Option(
        help: """
            The ids of the rows of a CSR or .npz matrix, one a line; by default a row's number, or the lines of NAME-ids.txt \
            beside NAME-embeddings.npz.
            """)
    var ids: String?

    @Option(help: "The payloads of the rows of a CSR or .npz matrix, one a line.")
    var payloads: String?

    /// The files that are read.
    var inputs: [String] { [ids, payloads].compactMap(\.self) }

    /// `reader`, which reads `input`, with the ids and payloads of the files that were given or that lie beside it.
    func join(_ reader: any DocumentReader, of input: String) throws -> any DocumentReader {
        let ids = ids ?? (reader.format == .npz ? MatrixFile.idsBeside(input) : nil)
        guard ids != nil || payloads != nil else { return reader }
        guard reader.format.isMatrix else {
            throw CommandFailure(
                .usage,
                "--ids and --payloads are for the rows of a matrix; the objects of '\(input)' name their documents themselves"
            )
        }
        return try LabelJoin(reader, ids: ids, payloads: payloads)
    }
}
