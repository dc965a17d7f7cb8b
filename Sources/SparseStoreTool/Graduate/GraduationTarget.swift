internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// An engine that a store can be moved to, and the form in which it loads documents.
enum GraduationTarget: String, ExpressibleByArgument, CaseIterable {
    case milvus, qdrant, opensearch, elasticsearch, vespa, ciff

    /// The file with the documents.
    var documentFile: String {
        switch self {
        case .milvus, .qdrant, .vespa: "documents.jsonl"
        case .opensearch, .elasticsearch: "documents.ndjson"
        case .ciff: "index.ciff"
        }
    }

    /// Whether terms are numbers.
    var hasTermNumbers: Bool { self == .milvus || self == .qdrant }

    /// The changes that the target makes silently.
    var changes: [String] {
        switch self {
        case .milvus:
            [
                "ids become a VARCHAR primary key of at most 512 bytes",
                "scores are 32-bit inner products added up in another order: the last digits differ",
                "drop_ratio_build and drop_ratio_search above 0 leave weights out; leave both at 0 for exact answers",
            ]
        case .qdrant:
            [
                "point ids are UUIDs made from a hash of the document's id; the id itself is the payload field 'id'",
                "scores are 32-bit inner products added up in another order: the last digits differ",
                "the modifier 'idf' counts documents by itself; leave it out to keep these scores",
            ]
        case .opensearch:
            [
                "rank_features keep 9 significant bits of a weight, about 0.4 %: scores and the order of close documents change",
                "the type sparse_vector of neural-search folds token ids modulo 32,768 and clips weights to 8 bits; the mapping "
                    + "here uses rank_features",
                "a dot in a term would make a nested field: '.' is written as '\\u2024' (one dot leader)",
            ]
        case .elasticsearch:
            [
                "sparse_vector and rank_features keep 9 significant bits of a weight, about 0.4 %: scores and the order of close "
                    + "documents change",
                "pruning of query tokens is on by default in newer versions: set \"prune\": false",
                "a dot in a term would make a nested field: '.' is written as '\\u2024' (one dot leader)",
            ]
        case .vespa:
            [
                "weighted sets hold integers: the schema here uses tensor<float>(term{}), which keeps 32-bit weights",
                "the document id is 'id:sparse:doc::' and the id; the id itself is the field 'id'",
            ]
        case .ciff:
            [
                "term frequencies are integers: weights are multiplied by the scale in the manifest and rounded",
                "the format cannot store payloads, tags and attributes, so they are not written",
                "ids must not contain tabs or line feeds, because later tools write them into tab-separated files",
            ]
        }
    }

    /// A term in the form of the target's feature names.
    func feature(_ term: String) -> String {
        switch self {
        case .opensearch, .elasticsearch: term.replacing(".", with: "\u{2024}")
        default: term
        }
    }

    /// The declaration of the target's documents; nil if its client declares them.
    var declaration: (file: String, text: String)? {
        switch self {
        case .opensearch:
            (
                "mapping.json",
                """
                {"mappings": {"properties": {"id": {"type": "keyword"}, "vector": {"type": "rank_features"}, \
                "content": {"type": "text", "index": false}, "tags": {"type": "keyword"}}}}

                """
            )
        case .elasticsearch:
            (
                "mapping.json",
                """
                {"mappings": {"properties": {"id": {"type": "keyword"}, "vector": {"type": "sparse_vector"}, \
                "content": {"type": "text", "index": false}, "tags": {"type": "keyword"}}}}

                """
            )
        case .vespa:
            (
                "doc.sd",
                """
                schema doc {
                    document doc {
                        field id type string { indexing: attribute | summary }
                        field content type string { indexing: summary }
                        field tags type array<string> { indexing: attribute | summary }
                        field vector type tensor<float>(term{}) { indexing: attribute }
                    }
                    rank-profile exact {
                        inputs { query(q) tensor<float>(term{}) }
                        first-phase { expression: sum(query(q) * attribute(vector)) }
                    }
                }

                """
            )
        default: nil
        }
    }
}
