internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// Token vectors that `load` stores with the documents.
struct MultivectorInput: ParsableArguments {
    @Option(
        help: """
            A file with the token vectors of the documents, one row per token: a NumPy array of '<f2' or '<f4'. JSON \
            Lines may have them in the field 'multivector' instead.
            """)
    var multivectors: String?

    @Option(help: "A NumPy array with the first row of each document's token vectors, and the total number of rows.")
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
        return MultivectorJoin(reader, try MultivectorFile(tokens: multivectors, offsets: offsets))
    }

    /// The codec of a store that has no multivectors yet.
    var firstCodec: MultivectorCodec {
        guard let codec = codec?.codec, !codec.isTrained else { return .f16 }
        return codec
    }
}
