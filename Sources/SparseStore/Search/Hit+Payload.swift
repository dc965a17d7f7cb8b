#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

extension Hit {
    /// Decodes the payload from JSON. Returns nil if the hit has no payload.
    ///
    ///     let page = try store.search(query, options: SearchOptions(fields: .payload))
    ///     let articles = try page.compactMap { try $0.payload(as: Article.self) }
    ///
    /// - Parameter type: The type to decode.
    /// - Throws: `DecodingError` if the payload is not JSON of that type.
    public func payload<Value: Decodable>(as type: Value.Type) throws -> Value? {
        try payload.map { try JSONDecoder().decode(type, from: Data($0)) }
    }
}
