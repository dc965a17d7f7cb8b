#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

extension Hit {
    /// The payload, decoded from JSON; nil when the hit has none.
    ///
    ///     let page = try store.search(query, options: SearchOptions(fields: .payload))
    ///     let articles = try page.compactMap { try $0.payload(as: Article.self) }
    ///
    /// - Throws: `DecodingError` when the payload is not JSON of that type.
    public func payload<Value: Decodable>(as type: Value.Type) throws -> Value? {
        try payload.map { try JSONDecoder().decode(type, from: Data($0)) }
    }
}
