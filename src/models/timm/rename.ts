/** A pattern of our names and what timm calls what it matches; the function gets the pattern's groups. */
export type RenameRule = readonly [pattern: RegExp, timm: string | ((...groups: string[]) => string)];

/** timm's name of one of our variables: the first rule that matches decides, and a name without a rule stays. */
export function renamed(name: string, rules: readonly RenameRule[]): string {
  for (const [pattern, timm] of rules) {
    const match = pattern.exec(name);
    if (match === null) continue;
    if (typeof timm === "string") return name.replace(pattern, timm);
    return name.slice(0, match.index) + timm(...match.slice(1)) + name.slice(match.index + match[0].length);
  }
  return name;
}

/** "3" among stages of the given numbers of blocks, counted through from 1, as timm's "stage.block". */
export function stageAndBlock(index: string, repeats: readonly number[]): string {
  let block = Number(index) - 1;
  const stage = repeats.findIndex((count) => {
    if (block < count) return true;
    block -= count;
    return false;
  });
  return `${stage}.${block}`;
}
