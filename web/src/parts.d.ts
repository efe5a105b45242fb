/** A language file cut in two by the build (first-texts.ts). */
declare module '*?part=first' {
  const words: Record<string, string>;
  export default words;
}
declare module '*?part=rest' {
  const words: Record<string, string>;
  export default words;
}
