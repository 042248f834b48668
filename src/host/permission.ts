/**
 * Whether an operation is allowed without asking.
 *
 * What orc can do without is never worth a permission prompt.
 */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
