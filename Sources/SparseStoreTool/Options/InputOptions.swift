internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SparseText

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
        return try JoinedReader(reader, ids: ids, payloads: payloads)
    }
}

/// Token vectors that `load` stores with the documents.
struct MultivectorInput: ParsableArguments {
    @Option(
        help: """
            A file with the token vectors of the documents, one row per token: a NumPy array of '<f2' or '<f4'. JSON \
            Lines may have them in the field 'multivector' instead.
            """)
    var multivectors: String?

    @Option(
        help: """
            A NumPy array with the index of the first token vector of each document, and the total number of token \
            vectors.
            """)
    var offsets: String?

    @Option(
        help: """
            The codec of token vectors: f16, int8 or pq32. Token vectors stored with another codec are converted at \
            the end; pq32 trains a codebook first. (default: the store's; f16 in a new one)
            """)
    var codec: MultivectorCodecOption?

    func validate() throws {
        guard (multivectors == nil) == (offsets == nil) else {
            throw ValidationError("--multivectors and --offsets must be used together")
        }
    }

    /// The files that the options name.
    var inputs: [String?] { [multivectors, offsets] }

    /// Returns `reader` joined with the token vectors of the files, if the options name any.
    func join(_ reader: any DocumentReader) throws -> any DocumentReader {
        guard let multivectors else { return reader }
        return JoinedReader(reader, try MultivectorFile(tokens: multivectors, offsets: offsets))
    }

    /// The codec of a store that has no multivectors yet.
    var firstCodec: MultivectorCodec {
        guard let codec = codec?.codec, !codec.isTrained else { return .f16 }
        return codec
    }
}

/// Where the JSON objects of another tool have the fields of a document.
struct FieldOptions: ParsableArguments {
    @Option(
        help: "The path of the id in the JSON object, with names joined by dots. (default: id, or else _id or docid)")
    var idField: String?

    @Option(
        help: "The path of the vector in the JSON object, such as vector.text. (default: vector)")
    var vectorField: String?

    /// The paths from the options, or the defaults.
    var paths: FieldPaths { FieldPaths(id: idField, vector: vectorField) }

    func validate() throws {
        for (option, path) in [("--id-field", idField), ("--vector-field", vectorField)] {
            guard let path, path.isEmpty || path.split(separator: ".", omittingEmptySubsequences: false).contains("")
            else { continue }
            throw ValidationError(
                "\(option) '\(path)' has an empty name; join names with single dots, as in vector.text")
        }
    }
}

/// The option for the encoder of queries in plain words.
struct TextOptions: ParsableArguments {
    @Option(
        help: """
            The encoder of the query: bm25:LANGUAGE, analyzer:LANGUAGE or wordpiece:FILE[,IDF]. (default: the encoder \
            that the store was loaded with)
            """, transform: EncoderOption.parse)
    var encoder: EncoderOption?

    /// The encoder for queries to a store.
    func encoder(for store: ShardedStore) throws -> any TextEncoder {
        let given = try encoder?.encoder()
        return try store.read { try $0.textEncoder(given) }
    }
}

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

    /// Reads a file of queries, and reports on standard error how many weights were left out.
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
