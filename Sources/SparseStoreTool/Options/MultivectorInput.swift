internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// Token vectors that `load` stores with the documents.
struct MultivectorInput: ParsableArguments {
    @Option(
        help: """
            Token vectors of the documents, a row a token: a NumPy array of '<f2' or '<f4'. JSON Lines may have them \
            in the field 'multivector' instead.
            """)
    var multivectors: String?

    @Option(help: "The row at which each document's token vectors begin, and the number of rows: a NumPy array.")
    var offsets: String?

    @Option(
        help: """
            How token vectors are kept: f16, int8 or pq32. What is stored otherwise is encoded anew at the end; pq32 is \
            trained for it. (default: the store's, f16 in a new one)
            """)
    var codec: MultivectorCodecOption?

    func validate() throws {
        guard (multivectors == nil) == (offsets == nil) else {
            throw ValidationError("--multivectors and --offsets belong together")
        }
    }

    /// The files that the options name.
    var inputs: [String?] { [multivectors, offsets] }

    /// `reader` with the token vectors of the files, if they were given.
    func join(_ reader: any DocumentReader) throws -> any DocumentReader {
        guard let multivectors else { return reader }
        return MultivectorJoin(reader, try MultivectorFile(tokens: multivectors, offsets: offsets))
    }

    /// The codec for the first multivector of a store.
    var firstCodec: MultivectorCodec {
        guard let codec = codec?.codec, !codec.isTrained else { return .f16 }
        return codec
    }
}
